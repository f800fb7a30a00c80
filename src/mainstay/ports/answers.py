"""Earlier answers as administrators see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that customers are given on level 3, or may be one day.

    Args:
        id: of this text; another answer to the same question has another.
        edition: agent, locale, policy version, and the hash of the agent's own texts.
        question: normalised.
        text: what customers read.
        customers: how many were given it by a model; counted up to 3.
        reviewed: whether a human approved it.
        shared: whether customers are given it: reviewed, or by a model to 3 of them.
        kept_at_ms: when a model gave it last, or a human approved it; Unix time.
        expires_at_ms: from when on nobody is given it.
    """

    id: str
    edition: str
    question: str
    text: str
    customers: int
    reviewed: bool
    shared: bool
    kept_at_ms: int
    expires_at_ms: int


class Answers(Protocol):
    """What level 3 keeps; each decision about it is in the audit, without its text."""

    async def list(self) -> Sequence[KeptAnswer]:
        """Return answers: what is shared first, then the most and the last given.

        Two hundred at most, none that has expired or was removed.
        """
        ...

    async def approve(self, answer_id: str, actor: str) -> KeptAnswer:
        """Let customers be given it from now on, for its whole time again.

        Raises:
            NotFound: there is none, it has expired, or was replaced by another text.
        """
        ...

    async def remove(self, answer_id: str, actor: str) -> KeptAnswer:
        """Erase it; for its whole time no other answer takes its place.

        Raises:
            NotFound: there is none, it has expired, or was replaced by another text.
        """
        ...
