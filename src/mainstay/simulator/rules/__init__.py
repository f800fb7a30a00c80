"""What the API refuses, one file for each group of rules."""
