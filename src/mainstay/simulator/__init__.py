"""A local stand-in for the Claude Messages API, with faults on request."""
