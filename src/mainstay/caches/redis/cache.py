"""The cache on one Redis server, or one that a proxy or Sentinel address stands for."""

import math

from mainstay.caches.bucket import decision_of
from mainstay.caches.redis.circuits import RedisCircuits
from mainstay.caches.redis.connection import Connection
from mainstay.caches.redis.link import Link
from mainstay.domain.pool import NOTHING, Amounts, PoolState
from mainstay.ports.cache import MAX_CONTEXT_BYTES, check_rate
from mainstay.ports.clock import Clock
from mainstay.ports.limiter import Decision
from mainstay.ports.pools import PoolLease, PoolReport
from mainstay.ports.telemetry import Telemetry

TTL_S = 3600
TIMEOUT_S = 0.05
_UNSEEN = PoolState(NOTHING, NOTHING)


class RedisCache:
    """``ports.Cache``, shared by all that use the same server and prefix.

    Keys end by themselves: contexts after the TTL, buckets when they are full again,
    blocks when they are over.

    Args:
        url: the server, as ``caches.redis.connection.Connection`` takes it.
        ttl_s: seconds a context is kept.
        timeout_s: seconds any verb may take.
        telemetry: is told when the server can be had, and when no longer.
        clock: for the pauses between looks at the server.
        prefix: begins every key.

    Raises:
        ValueError: the URL cannot be read, or a time is not greater than 0.
    """

    def __init__(
        self,
        url: str,
        ttl_s: int = TTL_S,
        timeout_s: float = TIMEOUT_S,
        *,
        telemetry: Telemetry,
        clock: Clock,
        prefix: str = "mainstay",
    ) -> None:
        if ttl_s < 1:
            raise ValueError(f"ttl_s must be 1 or more, not {ttl_s}")
        self._ttl_s = ttl_s
        self._prefix = prefix
        self._link = Link(Connection(url, timeout_s), timeout_s, telemetry, clock)
        self.circuits = RedisCircuits(self._link, prefix)

    async def start(self) -> None:
        """Return when the server is known to be up or away, after 1 s at most."""
        await self._link.start()

    async def stop(self) -> None:
        """Return when every connection is closed; may be repeated."""
        await self._link.stop()

    @property
    def is_up(self) -> bool:
        """Whether the server answers in time, as far as is known."""
        return self._link.is_up

    async def get_context(self, conversation_id: str) -> bytes | None:
        """Return what was last put for the conversation; ``b""`` when nothing was."""
        key = self._key("context", conversation_id)
        # GET has the same answer for a key that is not there as for no server.
        return await self._link.ask("GETRANGE", key, 0, -1)

    async def put_context(self, conversation_id: str, context: bytes) -> bool:
        """Keep it for the TTL; False when it was not kept."""
        if len(context) > MAX_CONTEXT_BYTES:
            return False
        key = self._key("context", conversation_id)
        done = await self._link.ask("SET", key, context, "EX", self._ttl_s)
        return done is not None

    async def take(self, key: str, rate_per_minute: int, burst: int) -> Decision | None:
        """Take one request out of the key's bucket, by the server's clock."""
        check_rate(rate_per_minute, burst)
        told = await self._link.run(
            "take", [self._key("bucket", key)], rate_per_minute, burst
        )
        if told is None:
            return None
        allowed, used = told
        return decision_of(bool(allowed), used, rate_per_minute, burst)

    async def block(self, pool: str, for_s: float) -> bool:
        """Keep everybody from a model pool for at least ``for_s`` seconds."""
        key = self._key("pool", pool)
        return await self._link.run("block", [key], _ms(for_s)) is not None

    async def lease(self, pool: str, report: PoolReport) -> PoolLease | None:
        """Take a report on a pool and lease a slice of it, by the server's clock."""
        keys = [self._key("lease", pool), self._key("pool", pool)]
        seen = report.seen or _UNSEEN
        told = await self._link.run(
            "lease",
            keys,
            *report.charge,
            *report.need,
            *report.hand,
            *report.want,
            *seen.limit,
            *seen.left,
            int(report.seen_age_s * 1000),
            -1 if report.ramp_in_s is None else _ms(report.ramp_in_s),
        )
        if told is None:
            return None
        blocked_ms, wait_ms, *figures = told
        granted, limit, left = (Amounts(*figures[n : n + 3]) for n in (0, 3, 6))
        return PoolLease(granted, limit, left, wait_ms / 1000, blocked_ms / 1000)

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}:{kind}:{name}"


def _ms(seconds: float) -> int:
    """Return milliseconds, rounded up; Redis refuses an end that is now."""
    return max(1, math.ceil(seconds * 1000))
