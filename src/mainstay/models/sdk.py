"""The official SDK, whose import takes seconds and 44 MB, and the way that it sends."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

    from httpx2 import AsyncClient

KEEP_ALIVE_S = 60.0


def preload() -> None:
    """Load it, and all that its first call would; for a thread, before that call.

    A client is made and thrown away: with it the SDK and its transport import what they
    put off, and the certificates that are trusted are read.
    """
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic(api_key="", http_client=transport_of(1))
    # Each is made at its first use.
    _ = client.messages, client.default_headers


def transport_of(limit: int) -> "AsyncClient":
    """Return a transport on aiohttp; it connects at its first call.

    Args:
        limit: connections open at once.
    """
    from anthropic import DefaultAioHttpClient
    from httpx2 import Limits

    limits = Limits(
        max_connections=limit,
        max_keepalive_connections=limit,
        keepalive_expiry=KEEP_ALIVE_S,
    )
    return DefaultAioHttpClient(verify=_trusted(), limits=limits)


@cache
def _trusted() -> "SSLContext":
    """Return the certificates that are trusted, read once for all clients."""
    from httpx2 import create_ssl_context

    return create_ssl_context()
