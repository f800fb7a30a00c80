"""One thing that is looked at again and again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mainstay.ports.findings import Finding

Look = Callable[[], Awaitable[Finding]]

CRITICAL_EVERY_S = 10.0
EVERY_S = 30.0

STALE_PERIODS = 3
"""A check that was not made for so many periods is not known to be well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is looked at, how, and how often.

    Args:
        name: of what is checked.
        look: looks; None in a process that cannot, and reads what others found.
        every_s: seconds between two looks.
        timeout_s: seconds that a look may take.
        critical: whether the service is unhealthy without it.
        in_a_row: failures in a row from which on it counts as failing.
        shared: whether one process looks for all of them.
    """

    name: str
    look: Look | None
    every_s: float = EVERY_S
    timeout_s: float = 5.0
    critical: bool = False
    in_a_row: int = 2
    shared: bool = False

    def __post_init__(self) -> None:
        if self.look is None and not self.shared:
            raise ValueError(f"{self.name}: nobody looks")
        if not 0 < self.timeout_s < self.every_s:
            raise ValueError(f"{self.name}: a look must end before the next")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something whose state this process knows at any time, without asking anybody.

    Args:
        name: of what is known.
        read: returns what is known.
    """

    name: str
    read: Callable[[], Finding]
