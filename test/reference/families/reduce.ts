// Reference rows of reductions, scans and sorting.
import type { ReferenceFamily } from "../row.js";

export const reduce: ReferenceFamily = { fixtures: [], rows: {} };
