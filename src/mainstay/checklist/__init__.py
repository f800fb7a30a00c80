"""The checklist before a deployment: thirteen checks, each of the real thing."""
