// Kernels of containers, normalisation, dropout and the tools of modules.
import type { Contract } from "../param.js";

export const modules = {} as const satisfies Contract;
