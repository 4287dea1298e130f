// The tests' rows of convolutions and pooling.
import type { Family } from "../case.js";

export const conv: Family = {};
