"""Sees to it that a dead process's leases are void soon."""

import asyncio
from contextvars import copy_context

from mainstay.testing.simulation.availability import Availability
from mainstay.testing.simulation.process import Process
from mainstay.testing.simulation.witness import Witness

BURIED_S = 2.0
"""By then: some watchdog looks every 0.5 s."""


class Burials:
    """Looks, two seconds after each death, whether the dead one holds anything.

    Args:
        witness: knows who holds what.
        availability: tells which of these seconds count.

    Attributes:
        late: which processes were not buried in time.
    """

    def __init__(self, witness: Witness, availability: Availability) -> None:
        self._witness = witness
        self._availability = availability
        self._loop = asyncio.get_running_loop()
        # Its own: a process dies in the context of whatever killed it.
        self._context = copy_context()
        self.late: list[str] = []

    def expect(self, process: Process) -> None:
        """Take a process whose state has changed."""
        if not process.is_dead:
            return
        held = self._witness.holds(process.id)
        if held:
            self._wait(process.id, held, self._loop.time())

    def _wait(self, owner: str, held: list[str], died_s: float) -> None:
        self._loop.call_later(
            BURIED_S, self._look, owner, held, died_s, context=self._context
        )

    def _look(self, owner: str, held: list[str], died_s: float) -> None:
        kept = sorted(set(held) & set(self._witness.holds(owner)))
        waited_s = self._availability.waited_s(died_s, self._loop.time())
        if kept and waited_s >= BURIED_S:
            self.late.append(f"{owner} still holds {kept}")
        elif kept:
            self._wait(owner, kept, died_s)
