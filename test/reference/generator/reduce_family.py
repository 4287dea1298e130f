"""Cases of reductions, scans and sorting: fixtures by name."""

FIXTURES = {}
