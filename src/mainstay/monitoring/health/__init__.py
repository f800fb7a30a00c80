"""Background checks: what a deployment stands on, looked at again and again."""
