// Reference rows of attention and Transformers.
import type { ReferenceFamily } from "../row.js";

export const attention: ReferenceFamily = { fixtures: [], rows: {} };
