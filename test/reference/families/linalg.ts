// Reference rows of linear algebra.
import type { ReferenceFamily } from "../row.js";

export const linalg: ReferenceFamily = { fixtures: [], rows: {} };
