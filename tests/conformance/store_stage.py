"""A stage: connections to one store that move only when they are told to."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mainstay.testing.clock import ManualClock
from mainstay.testing.store_conformance.ports import StorePorts

SIDES = 3


class Stage(Protocol):
    """A fresh store with several sides, each pausing before its statements.

    Its database also keeps ``test_log``: every change of a lease or an owner, every
    step and every message, in the order in which they were written.
    """

    clock: ManualClock
    sides: Sequence[StorePorts]

    async def standing(self, acting: Mapping[int, Any]) -> list[int]:
        """Return the sides that stand at a pause, once no side can move by itself.

        Args:
            acting: the task of each side that has something to do.
        """
        ...

    async def step(self, side: int) -> None:
        """Let a side that stands run its next statement."""
        ...

    async def let_go(self) -> None:
        """Pause nobody any more."""
        ...

    async def advance(self, seconds: float) -> None:
        """Move the store's time on."""
        ...

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        ...


LOGGED = "n, conversation_id, what, lease_epoch, owner_epoch, lease_owner, text"
"""Columns of ``test_log``; ``what`` is "conversation", "step" or "message"."""
