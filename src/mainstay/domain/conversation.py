"""A conversation: ordered messages with one customer, owned by the AI or a human."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Owner = Literal["ai", "human"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation as the store knows it.

    Args:
        id: its identity.
        customer_id: the person who writes, bound from credentials.
        channel: where it came from, e.g. ``"api"``.
        metadata: the host's own string pairs; never read as instructions.
        owner: who answers.
        owner_epoch: raised by every change of owner; fences replies.
        created_at_ms: Unix time in milliseconds by the store's clock.
    """

    id: str
    customer_id: str
    channel: str
    metadata: Mapping[str, str]
    owner: Owner
    owner_epoch: int
    created_at_ms: int

    @property
    def low_priority(self) -> bool:
        """Whether the host says that a lower model will do while the first is scarce.

        It says so with ``{"priority": "low"}`` in the metadata.
        """
        return self.metadata.get("priority") == "low"
