"""What one process found out for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Args:
        ok: whether the thing works.
        detail: one line for whoever asks: no secrets, no customers' texts, and neither
            hosts nor users nor paths.
        figures: JSON data that comes with it.
        words: what the log of this process is told in place of the detail, if anything.
    """

    ok: bool
    detail: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    words: str = ""


def fault_of(error: Exception) -> Finding:
    """Return the finding that an error is: its kind for all, its words for the log."""
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    told = f"cannot be used now: {type(root).__name__}"
    return Finding(ok=False, detail=told, words=str(error) or told)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as it is kept.

    Args:
        finding: what was found.
        owner: the process that found it.
        failures: failures in a row, whoever found them.
        age_ms: milliseconds since then, by the store's clock.
    """

    finding: Finding
    owner: str
    failures: int
    age_ms: int


@runtime_checkable
class Reachable(Protocol):
    """An adapter that can tell whether its other side is there."""

    async def reach(self) -> Finding:
        """Ask the other side for something that costs nothing; never raises for it."""
        ...


class Findings(Protocol):
    """The newest finding of each name, shared by all processes of a store."""

    async def latest(self, name: str) -> Found | None:
        """Return the newest finding, None when there never was one."""
        ...

    async def tell(self, name: str, owner: str, finding: Finding) -> None:
        """Keep a finding in place of the one before.

        Failures less than a second apart count as one: several processes may have
        looked at once.
        """
        ...
