// The tests' rows of reductions, scans and sorting.
import type { Family } from "../case.js";

export const reduce: Family = {};
