// Kernels of interpolation, sampling, folding, Fourier transforms.
import type { Contract } from "../param.js";

export const image = {} as const satisfies Contract;
