// The tests' rows of attention and Transformers.
import type { Family } from "../case.js";

export const attention: Family = {};
