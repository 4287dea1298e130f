"""Cases of convolutions and pooling: fixtures by name."""

FIXTURES = {}
