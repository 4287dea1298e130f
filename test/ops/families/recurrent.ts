// The tests' rows of recurrent layers.
import type { Family } from "../case.js";

export const recurrent: Family = {};
