// Kernels of creation, views and movement, random numbers.
import type { Contract } from "../param.js";

export const views = {} as const satisfies Contract;
