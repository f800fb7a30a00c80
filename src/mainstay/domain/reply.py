"""What a customer hears, and how it was made."""

from dataclasses import dataclass
from typing import Literal

Level = Literal[0, 1, 2, 3, 4]

CACHE_MODEL = "cache"
NO_MODEL = "none"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply and its provenance.

    Args:
        response: the text the customer reads.
        model: the model's id; ``"cache"`` on level 3, ``"none"`` on level 4.
        tools_enabled: true on level 0 only.
        fallback_level: 0 primary with tools, 1 primary without, 2 fallback model,
            3 cached answer, 4 generic message.
    """

    response: str
    model: str
    tools_enabled: bool
    fallback_level: Level
