"""Ways to tell of alerts, one a file."""
