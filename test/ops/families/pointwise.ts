// The tests' rows of elementwise functions, binary and ternary ops, bitwise ops, activations.
import type { Family } from "../case.js";

export const pointwise: Family = {};
