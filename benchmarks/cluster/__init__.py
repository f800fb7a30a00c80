"""A whole cluster under load while its parts fail; ``python -m benchmarks.cluster``."""
