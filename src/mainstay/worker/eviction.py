"""Eviction: a stopped process must not keep everybody from writing.

A store with one write lock for all processes stands still while a process that was
stopped inside a transaction holds it. Leases do not help: to take one is a write. Runs
in every gateway and worker process, and needs no write itself.
"""

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.ports.leases import Leases
from mainstay.ports.liveness import Identities
from mainstay.ports.telemetry import Evicted, Telemetry, Trouble
from mainstay.ports.write_lock import Sitter, WriteLock
from mainstay.resilience.every import Every

LOOK_S = 0.5
SITS_S = 8.0
"""Longer than the lock is waited for, shorter than a lease: nobody sane holds it so."""


class Eviction:
    """Kills a process of this store that sits stopped on the write lock for 8 s.

    Its transaction is uncommitted, so nothing that was promised is in it: the store
    rolls it back, and the process's turns go on elsewhere as after any death.

    Args:
        lock: the store's write lock.
        leases: knows the processes of this store; others are left alone.
        identities: tells which process an enlisted one is.
        clock: time.
        telemetry: is told.
    """

    def __init__(
        self,
        lock: WriteLock,
        leases: Leases,
        identities: Identities,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._lock = lock
        self._leases = leases
        self._identities = identities
        self._clock = clock
        self._telemetry = telemetry
        self._seen: Sitter | None = None
        self._since_s = 0.0
        self._looking = Every(LOOK_S, self._look_safely, clock)

    async def start(self) -> None:
        """Start to look."""
        await self._looking.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        await self._looking.stop()

    async def look(self) -> None:
        """Look who holds the lock; kill one of ours that has sat on it for too long.

        Raises:
            OSError: the kernel does not allow it.
            StoreUnavailable: the store cannot be read now.
        """
        seen, now_s = self._lock.holder(), self._clock.monotonic_s()
        if seen is None or not seen.stopped:
            self._seen = None
        elif seen != self._seen:
            self._seen, self._since_s = seen, now_s
        elif now_s - self._since_s > SITS_S and await self._is_ours(seen):
            self._seen = None
            if self._lock.kill(seen):
                self._telemetry.emit(Evicted(seen.pid, now_s - self._since_s))

    async def _is_ours(self, seen: Sitter) -> bool:
        identity = (seen.pid, seen.started)
        enlisted = await self._leases.enlisted()
        return any(self._identities.identity(path) == identity for _, path in enlisted)

    async def _look_safely(self) -> None:
        try:
            await self.look()
        except (OSError, StoreUnavailable) as error:
            self._telemetry.emit(Trouble("eviction", repr(error)))
