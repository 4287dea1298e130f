"""Cases of interpolation, sampling, folding, Fourier transforms: fixtures by name."""

FIXTURES = {}
