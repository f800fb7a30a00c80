"""The shared cache of a simulated world, which goes away and comes back empty."""

from typing_extensions import override

from mainstay.caches.memory import MemoryCache
from mainstay.ports.clock import Clock
from mainstay.ports.limiter import Decision
from mainstay.testing.simulation.shared_circuits import SharedCircuits


class SharedCache(MemoryCache):
    """Implements ``ports.Cache``, for all processes of a world.

    Args:
        clock: the world's.

    Attributes:
        is_away: whether nobody reaches it.
        circuits: of the breakers of all processes.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.is_away = False
        self.circuits = SharedCircuits(clock, lambda: self.is_away)

    @property
    @override
    def is_up(self) -> bool:
        """Whether it can be had."""
        return not self.is_away

    @override
    async def get_context(self, conversation_id: str) -> bytes | None:
        """Return what was last put; None while it is away."""
        return None if self.is_away else await super().get_context(conversation_id)

    @override
    async def put_context(self, conversation_id: str, context: bytes) -> bool:
        """Keep it; False while it is away."""
        return not self.is_away and await super().put_context(conversation_id, context)

    @override
    async def take(self, key: str, rate_per_minute: int, burst: int) -> Decision | None:
        """Take one request; None while it is away."""
        return None if self.is_away else await super().take(key, rate_per_minute, burst)

    @override
    async def block(self, pool: str, for_s: float) -> bool:
        """Keep everybody from a pool; False while it is away."""
        return not self.is_away and await super().block(pool, for_s)
