// Reference rows of optimisers, schedulers and what goes with them.
import type { ReferenceFamily } from "../row.js";

export const optim: ReferenceFamily = { fixtures: [], rows: {} };
