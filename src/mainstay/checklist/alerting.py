"""Check 11: the alert rules load, and a test alert arrives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mainstay.checklist.finding import Finding, failed, passed

SOMEBODY = "set ALERT_SLACK_URL, or another that is told, or ALERTMANAGER_URL"


class Rules(Protocol):
    """The alert rules of the deployment."""

    def alerts(self) -> Sequence[str]:
        """Return the name of each alert.

        Raises:
            MainstayError: they cannot be loaded; the text says what to do.
        """
        ...


class Pager(Protocol):
    """What brings alerts to people."""

    async def page(self) -> str:
        """Deliver a test alert; return by which way it went, in words.

        Raises:
            MainstayError: it was not delivered; the text says what to do.
        """
        ...


@dataclass(frozen=True, slots=True)
class AlertingSet:
    """Loads the rules and sends one alert.

    Args:
        rules: of the deployment.
        pagers: each must bring it; none when nothing brings alerts to anybody.
    """

    rules: Rules
    pagers: Sequence[Pager]
    title: str = "alerting rules set"

    async def look(self) -> Finding:
        """Load, and send."""
        alerts = self.rules.alerts()
        if not alerts:
            return failed("there is no alert rule", "install the rules file")
        if not self.pagers:
            return failed("nothing brings alerts to anybody", SOMEBODY)
        ways = [await pager.page() for pager in self.pagers]
        return passed(f"{len(alerts)} rules; a test alert went {', and '.join(ways)}")
