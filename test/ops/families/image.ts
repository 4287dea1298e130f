// The tests' rows of interpolation, sampling, folding, Fourier transforms.
import type { Family } from "../case.js";

export const image: Family = {};
