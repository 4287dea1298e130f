"""Cases of elementwise functions, binary and ternary ops, bitwise ops, activations: fixtures by name."""

FIXTURES = {}
