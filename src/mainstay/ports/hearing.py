"""What customers lived through: when each was heard, and at which level."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn as its customer lived through it.

    Args:
        accepted_at_ms: when the message was accepted; Unix time, the store's clock.
        heard_at_ms: when the first word went out, a holding reply too; None before.
        level: of the newest reply, None before there is one.
        held: whether a holding reply went out.
    """

    accepted_at_ms: int
    heard_at_ms: int | None
    level: int | None
    held: bool


class Hearing(Protocol):
    """Reads turns by the time of their accept; blocks no writer."""

    async def now_ms(self) -> int:
        """Return the store's time, by which all of this is measured."""
        ...

    async def since(self, at_ms: int, limit: int) -> Sequence[Heard]:
        """Return turns accepted at or after a time, oldest first.

        Those that a human answers, because the conversation is theirs, are left out.
        """
        ...
