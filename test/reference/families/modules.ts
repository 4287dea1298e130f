// Reference rows of containers, normalisation, dropout and the tools of modules.
import type { ReferenceFamily } from "../row.js";

export const modules: ReferenceFamily = { fixtures: [], rows: {} };
