// Reference rows of creation, views and movement, random numbers.
import type { ReferenceFamily } from "../row.js";

export const views: ReferenceFamily = { fixtures: [], rows: {} };
