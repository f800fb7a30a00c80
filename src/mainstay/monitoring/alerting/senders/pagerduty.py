"""PagerDuty, by its Events API v2.

https://developer.pagerduty.com/docs/send-alert-event
"""

import hashlib
from typing import Any

from mainstay.monitoring.alerting.notice import Notice
from mainstay.monitoring.alerting.senders.post import post
from mainstay.ports.clock import Clock

URL = "https://events.pagerduty.com"
PATH = "/v2/enqueue"
SEVERITIES = {"page": "critical", "ticket": "warning", "info": "info"}
MAX_SUMMARY_CHARACTERS = 1024
DIGITS = 32


class PagerDuty:
    """Triggers an incident a rule, and resolves it; implements ``Sender``.

    All events of a rule have one ``dedup_key``: one that is sent twice, by whatever
    process, is one incident.

    Args:
        routing_key: the integration's, 32 characters; a secret.
        repeat_s: after how many seconds it triggers again.
        clock: monotonic.
        url: of a server that speaks the API.
    """

    name = "pagerduty"

    def __init__(
        self, routing_key: str, repeat_s: float, clock: Clock, url: str = URL
    ) -> None:
        self._routing_key = routing_key
        self._url = url
        self._clock = clock
        self.repeat_s = repeat_s

    def send(self, notice: Notice) -> None:
        """Send one event.

        Raises:
            NotSent: it was not taken.
        """
        event = event_of(notice, self._routing_key)
        post(self._url + PATH, event, self._clock)


def event_of(notice: Notice, routing_key: str) -> dict[str, Any]:
    """Return a notice as an event: ``trigger`` while it fires, else ``resolve``."""
    digest = hashlib.sha256(notice.key.encode()).hexdigest()[:DIGITS]
    event: dict[str, Any] = {"routing_key": routing_key, "dedup_key": digest}
    if not notice.firing:
        return event | {"event_action": "resolve"}
    summary = f"{notice.title}: {notice.firing[0].annotations.get('summary', '')}"
    payload = {
        "summary": summary[:MAX_SUMMARY_CHARACTERS],
        "source": notice.source,
        "severity": SEVERITIES.get(notice.severity, "critical"),
        "class": notice.name,
        "custom_details": {"alerts": notice.lines, "runbook": notice.runbook},
    }
    event |= {"event_action": "trigger", "client": "Mainstay", "payload": payload}
    if notice.runbook.startswith("http"):
        event["links"] = [{"href": notice.runbook, "text": "What to do"}]
    return event
