"""The tools of an agent: its definition, and the adapters of ``ports.Tools``."""
