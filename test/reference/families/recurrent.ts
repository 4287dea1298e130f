// Reference rows of recurrent layers.
import type { ReferenceFamily } from "../row.js";

export const recurrent: ReferenceFamily = { fixtures: [], rows: {} };
