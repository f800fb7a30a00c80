"""What model calls cost, and how much of it is allowed."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Scope = Literal["customer", "conversation", "day"]
Unit = Literal["tokens", "usd"]

DAY_MS = 86_400_000
"""A UTC day: Unix time has no other."""

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Amount:
    """What some model calls took.

    Args:
        tokens: read and written, cached ones too.
        usd: their price, US dollars.
    """

    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: "Amount") -> "Amount":
        """Return the sum."""
        return Amount(self.tokens + other.tokens, self.usd + other.usd)

    def __bool__(self) -> bool:
        """Tell whether it is anything."""
        return self.tokens > 0 or self.usd > 0


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent before, by whom a limit may be for.

    Args:
        customer: by the conversation's customer, this UTC day.
        conversation: in it, since it began or a human last gave it back.
        day: by everybody, this UTC day.
    """

    customer: Amount = NOTHING
    conversation: Amount = NOTHING
    day: Amount = NOTHING


UNSPENT = Spent()


@dataclass(frozen=True, slots=True)
class Limit:
    """How much may be spent before models are called no more.

    Args:
        setting: the setting that says so.
        scope: by whom.
        unit: what is counted.
        most: from this sum on no call is started.
    """

    setting: str
    scope: Scope
    unit: Unit
    most: float

    @property
    def name(self) -> str:
        """Scope and unit in one word."""
        return f"{self.scope}_{self.unit}"

    def reached(self, spent: Spent, own: Amount) -> bool:
        """Tell whether no call may be started.

        Args:
            spent: what the store had counted.
            own: what it has not.
        """
        before: Amount = getattr(spent, self.scope)
        return getattr(before, self.unit) + getattr(own, self.unit) >= self.most


def date_of(day: int) -> str:
    """Return a day, counted from 1970-01-01, as ``YYYY-MM-DD``."""
    return date.fromordinal(_EPOCH + day).isoformat()
