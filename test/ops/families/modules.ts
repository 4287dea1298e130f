// The tests' rows of containers, normalisation, dropout and the tools of modules.
import type { Family } from "../case.js";

export const modules: Family = {};
