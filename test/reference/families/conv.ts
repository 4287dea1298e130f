// Reference rows of convolutions and pooling.
import type { ReferenceFamily } from "../row.js";

export const conv: ReferenceFamily = { fixtures: [], rows: {} };
