"""The agent's tools as a process of their own, over MCP."""
