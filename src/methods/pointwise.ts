// Methods of elementwise functions, binary and ternary ops, bitwise ops, activations.

export const pointwiseMethods = {};
