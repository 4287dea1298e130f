// Methods of interpolation, sampling, folding, Fourier transforms.

export const imageMethods = {};
