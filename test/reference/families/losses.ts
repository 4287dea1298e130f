// Reference rows of losses.
import type { ReferenceFamily } from "../row.js";

export const losses: ReferenceFamily = { fixtures: [], rows: {} };
