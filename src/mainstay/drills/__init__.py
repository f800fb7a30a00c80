"""Drills: faults on purpose, in a running system, for a short and bounded time."""
