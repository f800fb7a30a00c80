"""In-memory twins, conformance suites and fault wrappers; shipped for users' own agents."""
