"""Check 6: the rate limit lets so many requests pass, and no more."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed
from mainstay.ports.chance import Ids
from mainstay.ports.limiter import Limiter

OVER = 2
"""So many times the burst are asked for before a limit counts as none."""

TRIES = 3


@dataclass(frozen=True, slots=True)
class RateLimiterConfigured:
    """Drives the bucket of a shadow customer over.

    Args:
        sides: the limiter as one gateway has it, and as another one has it.
        burst: what the shadow's bucket holds.
        rate: the deployment's, a minute and customer.
        shared: whether all gateways share buckets.
        is_up: whether what they share can be had.
        ids: names the shadow.
    """

    sides: Sequence[Limiter]
    burst: int
    rate: int
    shared: bool
    is_up: Callable[[], Awaitable[bool]]
    ids: Ids
    title: str = "rate limiter configured"

    async def look(self) -> Finding:
        """Take until nothing is left, at one gateway and then at the other."""
        if self.shared and not await self.is_up():
            return failed("Redis does not answer", "start it, or correct REDIS_URL")
        key = self.ids.new("check")
        taken = 0
        while (one := await self.sides[0].take(key)).allowed:
            taken += 1
            if taken > OVER * self.burst:
                told = f"{taken} requests passed a bucket of {self.burst}"
                return failed(told, "check RATE_LIMIT; look at Redis")
        if taken < self.burst:
            told = f"only {taken} of {self.burst} requests passed"
            return failed(told, "check RATE_LIMIT; look at Redis")
        if one.retry_after_s <= 0:
            return failed("a refusal does not say how long to wait", "report this")
        if await self._passes(self.sides[-1], key):
            told = "another gateway let a customer pass who was over the limit"
            return failed(told, "look at Redis: may its user use mainstay:bucket:*?")
        where = (
            "shared by all gateways" if self.shared else "each gateway machine alone"
        )
        return passed(
            f"{self.rate} a minute and customer, {where}; a shadow was refused"
        )

    async def _passes(self, side: Limiter, key: str) -> bool:
        """Tell whether it lets pass, again and again: Redis may be late once."""
        for _ in range(min(TRIES, self.burst)):
            if not (await side.take(key)).allowed:
                return False
        return True
