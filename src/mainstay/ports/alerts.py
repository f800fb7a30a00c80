"""Alerts: who watches, what that process must not forget, and what is silenced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Part = Literal["alerts", "history"]
"""What is remembered: alerts and what was told of them; samples that rules look at."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of an alert for a time.

    Args:
        name: of its rule.
        until_ms: when it ends, Unix time in milliseconds.
        reason: why.
        actor: who wanted it.
    """

    name: str
    until_ms: int
    reason: str
    actor: str


class Alerts(Protocol):
    """Lets one process of a deployment watch, and keeps its memory for the next one."""

    async def watch(
        self, owner: str, for_s: float, *, patient: bool = False
    ) -> int | None:
        """Win or prolong the right to watch, by the store's clock.

        It is free when its time is over, or when its owner is no longer known as a
        process. Who is patient leaves it to an owner that is known, whatever its time.
        Returns the epoch, which a change of owner raises; None when another process
        has the right.
        """
        ...

    async def remember(self, epoch: int, part: Part, content: bytes) -> bool:
        """Keep what the watcher knows, in place of what was kept.

        Returns whether the epoch is still the present one; else nothing is kept.
        """
        ...

    async def recall(self, part: Part) -> bytes:
        """Return what was kept last, nothing at first."""
        ...

    async def silence(self, name: str, for_s: float, reason: str, actor: str) -> int:
        """Silence an alert from now on; return the Unix time in ms when that ends.

        It takes the place of an earlier one of that name; 0 seconds end it.
        """
        ...

    async def silences(self) -> Sequence[Silence]:
        """Return those that hold now, by name."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """Where a process's metrics are.

    Args:
        address: ``host:port``.
        machine: the only one that the address leads there from; "": from all.
    """

    address: str
    machine: str = ""


class Pages(Protocol):
    """Where the metrics of the deployment's processes are."""

    async def publish(self, owner: str, address: str, machine: str = "") -> None:
        """Tell where a process's metrics are; may be repeated.

        Args:
            owner: the process.
            address: ``host:port``.
            machine: the only one that the address leads there from; "": from all.
        """
        ...

    async def pages(self) -> Sequence[Page]:
        """Return the pages of processes that are known, each once, by address."""
        ...
