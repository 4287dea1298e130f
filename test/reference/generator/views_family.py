"""Cases of creation, views and movement, random numbers: fixtures by name."""

FIXTURES = {}
