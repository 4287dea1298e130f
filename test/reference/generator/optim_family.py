"""Cases of optimisers, schedulers and what goes with them: fixtures by name."""

FIXTURES = {}
