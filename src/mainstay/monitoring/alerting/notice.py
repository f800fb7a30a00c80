"""What people are told at once: all alerts of one name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mainstay.monitoring.alerting.alert import Alert

MAX_SHOWN = 10
"""Alerts that a message for people shows one by one."""

MAX_TEXT_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message about one alert rule.

    Args:
        source: which deployment tells.
        name: of the rule.
        severity: how urgent it is.
        firing: its alerts that fire.
        resolved: those that have been told of, and fire no more.
    """

    source: str
    name: str
    severity: str
    firing: Sequence[Alert]
    resolved: Sequence[Alert] = ()

    @property
    def status(self) -> Literal["firing", "resolved"]:
        """``firing`` while one of the alerts does."""
        return "firing" if self.firing else "resolved"

    @property
    def key(self) -> str:
        """What all messages about the same thing have in common."""
        return f"{self.source}/{self.name}"

    @property
    def title(self) -> str:
        """One line."""
        if not self.firing:
            return f"[{self.source}] resolved: {self.name}"
        more = f" ({len(self.firing)})" if len(self.firing) > 1 else ""
        return f"[{self.source}] {self.severity or 'alert'}: {self.name}{more}"

    @property
    def lines(self) -> list[str]:
        """What there is to say of each alert."""
        alerts = self.firing or self.resolved
        told = [_line(alert) for alert in alerts[:MAX_SHOWN]]
        left = len(alerts) - len(told)
        return [*told, f"and {left} more"] if left else told

    @property
    def runbook(self) -> str:
        """Where it says what to do, "" for nowhere."""
        alerts = [*self.firing, *self.resolved]
        return alerts[0].annotations.get("runbook_url", "") if alerts else ""


class Sender(Protocol):
    """Tells somebody; called from a thread, so it may block, 10 s at most in all."""

    @property
    def name(self) -> str:
        """What it is called in settings, in the log and in tables."""
        ...

    @property
    def repeat_s(self) -> float:
        """After how many seconds it tells again of what still fires."""
        ...

    def send(self, notice: Notice) -> None:
        """Tell.

        Raises:
            NotSent: it was not taken.
        """
        ...


class NotSent(Exception):
    """A message was not taken; the text says why, without addresses' secrets."""


def _line(alert: Alert) -> str:
    summary = alert.annotations.get("summary", alert.name)
    detail = alert.annotations.get("description", "")
    return " ".join(f"{summary}. {detail}".split())[:MAX_TEXT_CHARACTERS]
