// The tests' rows of linear algebra.
import type { Family } from "../case.js";

export const linalg: Family = {};
