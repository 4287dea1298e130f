// Reference rows of indexing, gathering, scattering, counting.
import type { ReferenceFamily } from "../row.js";

export const indexing: ReferenceFamily = { fixtures: [], rows: {} };
