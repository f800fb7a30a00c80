"""The names and codes that both sides know."""

PROTOCOL = "2026-07-28"
"""The MCP revision with self-contained requests: no handshake and no session.

Source: https://modelcontextprotocol.io/specification (revision 2026-07-28).
"""

PATH = "/mcp"

GRANT = "mainstay.tools/grant"
"""The key of the signed token in a request's ``_meta``."""

# A dot is in no tool's name, so neither can be one of the agent's tools.
LIST = "mainstay.list"
QUERY = "mainstay.query"

# Application errors lie outside the range that JSON-RPC 2.0 reserves (section 5.1).
GRANT_REFUSED = 4_030
UNKNOWN_TOOL = 4_040
REPLAYED = 4_090
BUSY = 4_290

NOT_BEGUN = frozenset({GRANT_REFUSED, UNKNOWN_TOOL, BUSY})
"""Codes after which the request certainly did nothing; a replayed one ran before."""
