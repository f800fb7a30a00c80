"""The gateway role: HTTP in, durable accept, replies and events out."""
