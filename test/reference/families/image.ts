// Reference rows of interpolation, sampling, folding, Fourier transforms.
import type { ReferenceFamily } from "../row.js";

export const image: ReferenceFamily = { fixtures: [], rows: {} };
