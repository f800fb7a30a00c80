"""The audit: a hash chain over everything that mattered."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

Rest = Callable[[], Awaitable[None]]
"""Lets others work."""


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a walk over the chain found.

    Args:
        entries: how many were checked.
        intact: whether every one follows from the one before.
        broken_at: number of the first entry that does not, or None.
        head: hex digest of the last entry; note it elsewhere to notice a cut tail.
    """

    entries: int
    intact: bool
    broken_at: int | None
    head: str


class Audit(Protocol):
    """Verifies the chain; entries are written inside the commits they tell of."""

    async def note(
        self, actor: str, action: str, subject: str, detail: Mapping[str, str]
    ) -> None:
        """Write an entry about what happens outside the store; then let it happen."""
        ...

    async def verify(self, rest: Rest | None = None) -> AuditVerdict:
        """Walk the whole chain, with a rest after each thousand entries if given."""
        ...
