// Kernels of optimisers, schedulers and what goes with them.
import type { Contract } from "../param.js";

export const optim = {} as const satisfies Contract;
