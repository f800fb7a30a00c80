"""One limit for all gateways, which each can keep alone."""

from collections.abc import Callable

from mainstay.ports.cache import Cache, check_rate
from mainstay.ports.clock import Clock
from mainstay.ports.limiter import Decision
from mainstay.ports.telemetry import CacheBypassed, Telemetry
from mainstay.resilience.token_bucket import TokenBuckets

MAX_KEYS = 100_000


class SharedLimiter:
    """``ports.Limiter`` in the shared cache; while that is away, a share of it here.

    A gateway without the cache lets each customer through at rate ÷ gateways. What was
    counted in the one place is not known in the other: a customer wins at most one
    burst when the cache goes away, and one when the number of gateways changes then.

    Args:
        cache: the shared one; how long it may take is its own affair.
        rate_per_minute: requests a minute that are refilled, over all gateways.
        burst: requests a full bucket holds, over all gateways.
        clock: monotonic time, for the buckets here.
        gateways: tells how many gateways live now, this one included.
        telemetry: is told of each request that is counted here.
        max_keys: buckets held here at most.

    Raises:
        ValueError: rate or burst is not within 1 and ``MAX_REQUESTS``.
    """

    def __init__(  # noqa: PLR0913 - the limit, its place, and who is told
        self,
        cache: Cache,
        rate_per_minute: int,
        burst: int,
        *,
        clock: Clock,
        gateways: Callable[[], int],
        telemetry: Telemetry,
        max_keys: int = MAX_KEYS,
    ) -> None:
        check_rate(rate_per_minute, burst)
        self._cache = cache
        self._rate = rate_per_minute
        self._burst = burst
        self._clock = clock
        self._gateways = gateways
        self._telemetry = telemetry
        self._max_keys = max_keys
        self._sharers = 1
        self._alone: TokenBuckets | None = None

    async def take(self, key: str) -> Decision:
        """Take one request out of the key's bucket, if there is one."""
        shared = await self._cache.take(key, self._rate, self._burst)
        if shared is not None:
            return shared
        self._telemetry.emit(CacheBypassed("limit"))
        return self._own().take(key)

    def _own(self) -> TokenBuckets:
        """Return this gateway's share of all buckets."""
        sharers = max(1, self._gateways())
        if self._alone is None or sharers != self._sharers:
            self._sharers = sharers
            self._alone = TokenBuckets(
                max(1, self._rate // sharers),
                max(1, self._burst // sharers),
                self._clock,
                self._max_keys,
            )
        return self._alone
