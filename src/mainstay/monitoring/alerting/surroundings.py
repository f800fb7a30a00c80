"""What a watcher over alerts stands on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mainstay.monitoring.alerting.notice import Sender
from mainstay.monitoring.alerting.rules import AlertRule, Rule
from mainstay.ports.alerts import Alerts, Pages
from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import Telemetry, Trouble

WHERE = "alerts"


class Shared(Alerts, Pages, Protocol):
    """What the processes of a deployment share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherOptions:
    """What there is to watch, and who is told.

    Args:
        source: what this deployment is called.
        rules: in their order.
        senders: who tells.
        docs: where the documentation is, for links; "" leaves them relative.
    """

    source: str
    rules: Sequence[Rule]
    senders: Sequence[Sender]
    docs: str = ""

    @property
    def severities(self) -> Mapping[str, str]:
        """The severity of each alert, by name."""
        return {r.name: r.severity for r in self.rules if isinstance(r, AlertRule)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a watcher stands on.

    Args:
        owner: this process.
        shared: what it shares with others.
        fetch: returns the page of metrics at an address; called from threads.
        clock: the store's time.
        telemetry: is told of trouble.
        options: what to watch, and whom to tell.
        machine: where it is.
    """

    owner: str
    shared: Shared
    fetch: Callable[[str], str]
    clock: Clock
    telemetry: Telemetry
    options: WatcherOptions
    machine: str = ""

    def trouble(self, error: str) -> None:
        """Tell of a failure that is lived with."""
        self.telemetry.emit(Trouble(WHERE, error))
