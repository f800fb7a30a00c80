"""The real clock, ids, chance and liveness lock."""
