"""The shared cache: what processes may know of each other, and may lose at any time.

No verb raises when the cache cannot be had: each has an answer that says so, and its
caller goes on alone. What is put here is a copy, or a hint; never the only one.
"""

from typing import Protocol

from mainstay.ports.limiter import Decision
from mainstay.ports.pools import PoolLease, PoolReport


class Cache(Protocol):
    """Shared by all processes; None, or False, means that the cache is away."""

    @property
    def is_up(self) -> bool:
        """Whether it can be had, as far as is known; asks nobody."""
        ...

    async def get_context(self, conversation_id: str) -> bytes | None:
        """Return what was last put for the conversation; ``b""`` when nothing was."""
        ...

    async def put_context(self, conversation_id: str, context: bytes) -> bool:
        """Keep it for the cache's TTL, in place of what was there.

        Returns False when it was not kept: the cache is away, or it is too large.
        """
        ...

    async def take(self, key: str, rate_per_minute: int, burst: int) -> Decision | None:
        """Take one request out of the key's bucket, atomic over all processes.

        The bucket holds ``burst`` requests and is refilled evenly at the rate. A
        refused request costs nothing.

        Raises:
            ValueError: rate or burst is not within 1 and ``MAX_REQUESTS``.
        """
        ...

    async def block(self, pool: str, for_s: float) -> bool:
        """Keep everybody from a model pool for at least ``for_s`` seconds.

        An earlier block that ends later stays. Leases tell of it.
        """
        ...

    async def lease(self, pool: str, report: PoolReport) -> PoolLease | None:
        """Take a process's report on a pool and lease it a slice, in one atomic step.

        The slices and all that was charged stay, together, below 95% of each limit.
        Nothing is granted while the pool is blocked.
        """
        ...


MAX_CONTEXT_BYTES = 262_144
"""A larger context is not kept: reading the store costs less than carrying it."""

MAX_REQUESTS = 100_000_000
"""The highest rate and burst: above, a script's doubles would no longer be exact."""


def check_rate(rate_per_minute: int, burst: int) -> None:
    """Refuse numbers that no bucket can count.

    Raises:
        ValueError: one is not within 1 and ``MAX_REQUESTS``.
    """
    if not (1 <= rate_per_minute <= MAX_REQUESTS and 1 <= burst <= MAX_REQUESTS):
        raise ValueError(f"rate_per_minute and burst must be 1 to {MAX_REQUESTS:,}")
