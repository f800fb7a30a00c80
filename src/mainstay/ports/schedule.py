"""The store's view of which conversations are due: what the embedded queue reads."""

from collections.abc import Sequence
from typing import Protocol

from mainstay.ports.queue import QueueStats


class Schedule(Protocol):
    """Due conversations: owned by the AI, with work, free and not hidden."""

    async def take(self, limit: int, hide_ms: int, *, due_for_ms: int = 0) -> list[str]:
        """Return up to ``limit`` due conversation ids, oldest first, and hide them.

        Only those that have been due for ``due_for_ms`` milliseconds or longer.
        """
        ...

    async def give_back(self, conversation_ids: Sequence[str], delay_ms: int) -> None:
        """Show hidden conversations again after ``delay_ms`` milliseconds."""
        ...

    async def stats(self) -> QueueStats:
        """Return exact depth and age of the backlog."""
        ...
