"""The locks that tell who lives, in a simulated world."""

from collections.abc import Sequence

from mainstay.testing.simulation.process import Process


class SimulatedLiveness:
    """Implements ``ports.Liveness``: a lock is free from its holder's death on."""

    def __init__(self) -> None:
        self._holders: dict[str, Process] = {}

    def hold(self, process: Process) -> None:
        """Take the lock of a process that starts; its path is its id."""
        self._holders[process.id] = process

    async def dead(self, locks: Sequence[str]) -> list[str]:
        """Return those of the locks that nobody holds any more."""
        return [path for path in locks if self._is_free(path)]

    def forget(self, path: str) -> None:
        """Remove the lock of a dead process."""
        self._holders.pop(path, None)

    def _is_free(self, path: str) -> bool:
        holder = self._holders.get(path)
        return holder is None or holder.is_dead
