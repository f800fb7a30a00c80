"""Walks over the audit chain: one process makes them, each shows what they found."""

from functools import partial

from mainstay.assembly.storage import Storage
from mainstay.monitoring.metrics.state import StateMetrics
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding

HOUR_S = 3600.0
LOOK_S = 60.0

NAME = "audit_chain"
"""Of the finding."""

REST_S = 0.2
"""Between two pages of the chain, of 1000 entries: a walk takes a few percent of a core
at most."""


class AuditWalks:
    """Walks as soon as this process is the oldest of its store, then once an hour.

    Until it is through, and in every other process, what the last walk found is shown:
    a chain that was found broken stays so when its finder leaves.

    Args:
        storage: the store, and who this process is in it.
        state: shows whether the chain is whole.
        clock: for the hour, and for the rests.
    """

    def __init__(self, storage: Storage, state: StateMetrics, clock: Clock) -> None:
        self._storage = storage
        self._state = state
        self._clock = clock
        self._rest = partial(clock.sleep, REST_S)
        self._walked_s: float | None = None

    async def look(self) -> None:
        """Show what was found last, and walk if that is due here."""
        found = await self._storage.store.findings.latest(NAME)
        if found is not None:
            self._state.set_audit(valid=found.finding.ok)
        if self._is_due() and await self._is_oldest():
            await self._walk()

    async def _walk(self) -> None:
        store = self._storage.store
        intact = (await store.audit.verify(self._rest)).intact
        self._state.set_audit(valid=intact)
        await store.findings.tell(NAME, self._storage.owner, Finding(intact))
        self._walked_s = self._clock.monotonic_s()

    def _is_due(self) -> bool:
        walked_s, now_s = self._walked_s, self._clock.monotonic_s()
        return walked_s is None or now_s - walked_s >= HOUR_S

    async def _is_oldest(self) -> bool:
        known = await self._storage.store.leases.enlisted()
        return self._storage.owner == min(owner for owner, _ in known)
