// Methods of interpolation, sampling, folding, Fourier transforms.
import { unfold } from "../ops/fold.js";

export const imageMethods = { unfold };
