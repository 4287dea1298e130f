"""Cases of linear algebra: fixtures by name."""

FIXTURES = {}
