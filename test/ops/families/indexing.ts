// The tests' rows of indexing, gathering, scattering, counting.
import type { Family } from "../case.js";

export const indexing: Family = {};
