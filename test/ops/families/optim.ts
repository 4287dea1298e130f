// The tests' rows of optimisers, schedulers and what goes with them.
import type { Family } from "../case.js";

export const optim: Family = {};
