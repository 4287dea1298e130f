"""Cases of losses: fixtures by name."""

FIXTURES = {}
