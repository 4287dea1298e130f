// Reference rows of elementwise functions, binary and ternary ops, bitwise ops, activations.
import type { ReferenceFamily } from "../row.js";

export const pointwise: ReferenceFamily = { fixtures: [], rows: {} };
