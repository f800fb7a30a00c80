"""Leases: the fenced right to work on a conversation."""

from collections.abc import Collection, Sequence
from typing import Protocol

from mainstay.domain.turn import Claim, Lease


class Leases(Protocol):
    """Grants, renews and ends leases, by the store's clock only."""

    async def claim(self, conversation_ids: Sequence[str], owner: str) -> list[Claim]:
        """Win the conversations that are free and have work; mark their turns running.

        Each claim raises ``lease_epoch``: whatever an earlier holder still writes is
        refused. A conversation that is held or has no work is left out.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """End a lease without a result; the turn can be claimed again at once."""
        ...

    def renew(self, owner: str, held: Collection[str]) -> set[tuple[str, int]]:
        """Prolong the leases of ``held`` conversations that have not ended.

        One statement for all of them, on the store's clock.

        Called from a thread of its own. Returns (conversation id, lease epoch) of
        the leases that still hold.
        """
        ...

    async def enlist(self, owner: str, lock_path: str, role: str) -> None:
        """Make a process known, with the file whose lock tells that it lives."""
        ...

    async def enlisted(self) -> list[tuple[str, str]]:
        """Return (owner, lock path) of every process known."""
        ...

    async def serving(self, role: str) -> int:
        """Return how many of the processes known serve a role."""
        ...

    async def bury(self, owner: str) -> list[str]:
        """Void the leases of a dead process at once and forget it.

        Returns the conversations that became free.
        """
        ...
