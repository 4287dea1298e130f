"""Cases of recurrent layers: fixtures by name."""

FIXTURES = {}
