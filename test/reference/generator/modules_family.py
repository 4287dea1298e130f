"""Cases of containers, normalisation, dropout and the tools of modules: fixtures by name."""

FIXTURES = {}
