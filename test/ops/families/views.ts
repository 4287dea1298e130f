// The tests' rows of creation, views and movement, random numbers.
import type { Family } from "../case.js";

export const views: Family = {};
