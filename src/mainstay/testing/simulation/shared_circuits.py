"""What the processes of a simulated world know of one another's breakers."""

from collections.abc import Callable, Sequence

from typing_extensions import override

from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.ports.circuits import Circuit, ForcedState, Opening, TrialResult
from mainstay.ports.clock import Clock


class SharedCircuits(MemoryCircuits):
    """Implements ``ports.Circuits`` in the shared cache, and is away when that is.

    Args:
        clock: the world's.
        is_away: tells whether nobody reaches it.
    """

    def __init__(self, clock: Clock, is_away: Callable[[], bool]) -> None:
        super().__init__(clock)
        self._is_away = is_away

    @property
    @override
    def is_up(self) -> bool:
        """Whether they can be had."""
        return not self._is_away()

    @override
    async def look(self, names: Sequence[str]) -> Sequence[Circuit] | None:
        """Return the circuits; None while they are away."""
        return None if self._is_away() else await super().look(names)

    @override
    async def open(self, name: str, epoch: int, opening: Opening) -> Circuit | None:
        """Open one; None while they are away."""
        return None if self._is_away() else await super().open(name, epoch, opening)

    @override
    async def probe(
        self, name: str, epoch: int, place: str, limit: int, lost_s: float
    ) -> Circuit | None:
        """Ask for a trial; None while they are away."""
        if self._is_away():
            return None
        return await super().probe(name, epoch, place, limit, lost_s)

    @override
    async def report(
        self, name: str, epoch: int, place: str, result: TrialResult, successes: int
    ) -> Circuit | None:
        """Give a trial back; None while they are away."""
        if self._is_away():
            return None
        return await super().report(name, epoch, place, result, successes)

    @override
    async def begin_trials(self, name: str, epoch: int) -> Circuit | None:
        """Begin trials early; None while they are away."""
        return None if self._is_away() else await super().begin_trials(name, epoch)

    @override
    async def force(
        self, name: str, state: ForcedState, for_s: float, reason: str
    ) -> Circuit | None:
        """Note an operator's word; None while they are away."""
        return (
            None if self._is_away() else await super().force(name, state, for_s, reason)
        )
