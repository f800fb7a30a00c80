"""Who is told of what: by the severity of the rule."""

from collections.abc import Iterable, Sequence

from mainstay.monitoring.alerting.notice import Sender

PEOPLE_NOW = frozenset({"pagerduty", "slack", "email", "webhook"})

ROUTES = {
    "page": PEOPLE_NOW,
    "ticket": frozenset({"slack", "email", "webhook"}),
    "info": frozenset({"webhook"}),
    "none": frozenset({"heartbeat"}),
}
"""From severity to the names of senders; an unknown severity is told like ``page``."""


def senders_for(severity: str, senders: Iterable[Sender]) -> Sequence[Sender]:
    """Return those of the senders that tell of such an alert."""
    names = ROUTES.get(severity, PEOPLE_NOW)
    return [sender for sender in senders if sender.name in names]
