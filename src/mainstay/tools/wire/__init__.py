"""What the tool service and the workers say to each other over MCP."""
