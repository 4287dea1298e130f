// The tests' rows of losses.
import type { Family } from "../case.js";

export const losses: Family = {};
