"""What whoever watches next must know, as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from mainstay.monitoring.alerting.alert import Alert
from mainstay.monitoring.alerting.telling import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Alerts, and what was told of them.

    Args:
        watcher: the process that wrote this.
        played_s: when it evaluated the rules last, Unix time in seconds.
        alerts: pending, firing, and lately resolved ones.
        told: of each rule and sender.
        pages: the addresses that it reads metrics at, and whether they answer.
        faults: rules that could not be evaluated.
    """

    watcher: str = ""
    played_s: float = 0.0
    alerts: tuple[Alert, ...] = ()
    told: tuple[Told, ...] = ()
    pages: Mapping[str, bool] = field(default_factory=dict[str, bool])
    faults: tuple[str, ...] = ()


def dumped(memory: Memory) -> bytes:
    """Return a memory as JSON."""
    return msgspec.json.encode(memory)


def loaded(content: bytes) -> Memory:
    """Return the memory that was kept, an empty one at first.

    Raises:
        ValueError: it is none.
    """
    return msgspec.json.decode(content, type=Memory) if content else Memory()
