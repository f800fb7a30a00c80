"""The heart: one turn of an agent, from journal to reply."""
