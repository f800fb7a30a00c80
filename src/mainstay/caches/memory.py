"""The cache within one process: for one alone, and for tests."""

from collections import OrderedDict
from dataclasses import dataclass

from mainstay.ports.cache import MAX_CONTEXT_BYTES, check_rate
from mainstay.ports.clock import Clock
from mainstay.ports.limiter import Decision
from mainstay.ports.pools import PoolLease, PoolReport
from mainstay.resilience.pool_bucket import PoolBucket
from mainstay.resilience.token_bucket import TokenBuckets

TTL_S = 3600
MAX_BYTES = 32 * 1024 * 1024
MAX_KEYS = 100_000
MAX_RATES = 8
MAX_NAMES = 1_000


@dataclass(frozen=True, slots=True)
class _Context:
    data: bytes
    end_s: float


class MemoryCache:
    """``ports.Cache`` that is never away and shared with nobody.

    Everything is bounded: contexts by their bytes together, buckets by their number,
    names of pools too; the oldest go first.

    Args:
        clock: monotonic time.
        ttl_s: seconds a context is kept.
        max_bytes: of all contexts together.
        max_keys: buckets held at most, for each rate.
    """

    def __init__(
        self,
        clock: Clock,
        ttl_s: float = TTL_S,
        max_bytes: int = MAX_BYTES,
        max_keys: int = MAX_KEYS,
    ) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._max_bytes = max_bytes
        self._max_keys = max_keys
        self._contexts: OrderedDict[str, _Context] = OrderedDict()
        self._bytes = 0
        self._buckets: OrderedDict[tuple[int, int], TokenBuckets] = OrderedDict()
        self._blocks: OrderedDict[str, float] = OrderedDict()
        self._pools: OrderedDict[str, PoolBucket] = OrderedDict()

    async def start(self) -> None:
        """Do nothing: it is there."""

    async def stop(self) -> None:
        """Forget everything."""
        self._contexts.clear()
        self._bytes = 0
        self._buckets.clear()
        self._blocks.clear()
        self._pools.clear()

    @property
    def is_up(self) -> bool:
        """Always."""
        return True

    async def get_context(self, conversation_id: str) -> bytes | None:
        """Return what was last put for the conversation; ``b""`` when nothing was."""
        held = self._contexts.get(conversation_id)
        if held is None:
            return b""
        if held.end_s <= self._clock.monotonic_s():
            self._drop(conversation_id)
            return b""
        return held.data

    async def put_context(self, conversation_id: str, context: bytes) -> bool:
        """Keep it for the TTL; False when it is too large."""
        if len(context) > min(MAX_CONTEXT_BYTES, self._max_bytes):
            return False
        if conversation_id in self._contexts:
            self._drop(conversation_id)
        end_s = self._clock.monotonic_s() + self._ttl_s
        self._contexts[conversation_id] = _Context(context, end_s)
        self._bytes += len(context)
        # All live for the same time, so the first one put is the first to end.
        while self._bytes > self._max_bytes or self._is_over(
            next(iter(self._contexts))
        ):
            self._drop(next(iter(self._contexts)))
        return True

    async def take(self, key: str, rate_per_minute: int, burst: int) -> Decision | None:
        """Take one request out of the key's bucket; never None."""
        check_rate(rate_per_minute, burst)
        kind = rate_per_minute, burst
        if kind not in self._buckets:
            self._buckets[kind] = TokenBuckets(*kind, self._clock, self._max_keys)
            if len(self._buckets) > MAX_RATES:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(kind)
        return self._buckets[kind].take(key)

    async def block(self, pool: str, for_s: float) -> bool:
        """Keep everybody from a model pool for at least ``for_s`` seconds."""
        end_s = self._clock.monotonic_s() + for_s
        self._blocks[pool] = max(end_s, self._blocks.get(pool, end_s))
        self._blocks.move_to_end(pool)
        if len(self._blocks) > MAX_NAMES:
            self._blocks.popitem(last=False)
        return True

    async def lease(self, pool: str, report: PoolReport) -> PoolLease | None:
        """Take a report on a pool and lease a slice of it; never None."""
        if pool not in self._pools:
            self._pools[pool] = PoolBucket()
            if len(self._pools) > MAX_NAMES:
                self._pools.popitem(last=False)
        now_s = self._clock.monotonic_s()
        blocked_s = max(0.0, self._blocks.get(pool, now_s) - now_s)
        return self._pools[pool].lease(report, now_s, blocked_s)

    def _is_over(self, conversation_id: str) -> bool:
        return self._contexts[conversation_id].end_s <= self._clock.monotonic_s()

    def _drop(self, conversation_id: str) -> None:
        self._bytes -= len(self._contexts.pop(conversation_id).data)
