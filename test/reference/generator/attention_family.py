"""Cases of attention and Transformers: fixtures by name."""

FIXTURES = {}
