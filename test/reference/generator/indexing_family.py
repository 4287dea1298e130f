"""Cases of indexing, gathering, scattering, counting: fixtures by name."""

FIXTURES = {}
