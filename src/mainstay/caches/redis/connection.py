"""The way to Redis: redis-py with bounded waits, its errors as one of ours.

redis-py drops a connection whose command was cancelled or timed out, so that no answer
is ever read by another command (redis/redis-py, issues 2624 and 2665).
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol, cast

from mainstay.caches.redis.script import script
from mainstay.domain.errors import MainstayError

CONNECTIONS = 32
"""Open at once at most; who finds none free waits no longer than its time-out."""

CONNECT_S = 1.0
"""Seconds to connect."""

SOCKET_S = 2.0
"""Seconds of silence that a socket is read for: no half-open one is kept."""

HEALTH_CHECK_S = 15
"""A connection idle for longer is tried out before it is used."""

MAX_DETAIL_CHARACTERS = 200


class CacheUnreachable(MainstayError):
    """Redis refused or broke off; what was asked for may have happened or not."""


class _Client(Protocol):
    def execute_command(self, *words: Any) -> Awaitable[Any]: ...
    def aclose(self) -> Awaitable[None]: ...


class Connection:
    """A pool of connections to one Redis server.

    Args:
        url: ``redis://``, ``rediss://`` (TLS) or ``unix://``, as redis-py reads it
            (https://redis.readthedocs.io/en/stable/connections.html).
        timeout_s: seconds to wait for a free connection.

    Raises:
        ValueError: the URL cannot be read; the text does not repeat it.
        MainstayError: the client is not installed.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        try:
            from redis.exceptions import NoScriptError, RedisError
        except ModuleNotFoundError as error:
            raise MainstayError(
                "REDIS_URL needs a client; install mainstay[redis]"
            ) from error

        # uvloop raises RuntimeError where a connection has ended and is written to.
        self._errors = (RedisError, OSError, RuntimeError)
        self._no_script = NoScriptError
        self._client = _client(url, timeout_s)

    async def ask(self, *words: str | bytes | int) -> Any:
        """Return the answer to one command.

        Raises:
            CacheUnreachable: there is none.
        """
        try:
            return await self._client.execute_command(*words)
        except self._errors as error:
            raise CacheUnreachable(_why(error)) from error

    async def run(self, name: str, keys: Sequence[str], *args: str | int) -> Any:
        """Return what a script returns; sends it along when the server has it not.

        Raises:
            CacheUnreachable: there is no answer.
        """
        known = script(name)
        rest = (len(keys), *keys, *args)
        try:
            return await self._client.execute_command("EVALSHA", known.digest, *rest)
        except self._no_script:
            # A server that was restarted, or told to forget, has no scripts.
            return await self.ask("EVAL", known.text, *rest)
        except self._errors as error:
            raise CacheUnreachable(_why(error)) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def _client(url: str, timeout_s: float) -> _Client:
    from redis.asyncio import BlockingConnectionPool, Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    try:
        pool = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType] - its arguments are not typed
            url,
            max_connections=CONNECTIONS,
            timeout=timeout_s,
            socket_timeout=SOCKET_S,
            socket_connect_timeout=CONNECT_S,
            socket_keepalive=True,
            health_check_interval=HEALTH_CHECK_S,
            # The caller has another way; a retry here would only make it late.
            retry=Retry(NoBackoff(), 0),
            # Without RESP3's hand-shake about maintenance, which costs a round trip.
            protocol=2,
        )
    except ValueError:
        raise ValueError("REDIS_URL is not an address that redis-py reads") from None
    client = Redis.from_pool(pool)  # closes the pool with it
    return cast("_Client", client)


def _why(error: Exception) -> str:
    """Say what failed; an answer of the server may quote data, so it is not told."""
    from redis.exceptions import ResponseError

    kind = type(error).__name__
    if isinstance(error, ResponseError):
        return kind
    return f"{kind}: {error}"[:MAX_DETAIL_CHARACTERS]
