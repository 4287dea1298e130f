// Kernels of indexing, gathering, scattering, counting.
import type { Contract } from "../param.js";

export const indexing = {} as const satisfies Contract;
