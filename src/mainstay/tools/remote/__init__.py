"""The worker's side of tools that run in another process."""
