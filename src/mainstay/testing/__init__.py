"""In-memory twins, conformance suites and a world of one process; for users too."""
