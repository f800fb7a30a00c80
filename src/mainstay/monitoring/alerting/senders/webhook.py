"""A webhook that takes what Prometheus's Alertmanager sends, version 4.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mainstay.domain.moment import timestamp
from mainstay.monitoring.alerting.alert import Alert
from mainstay.monitoring.alerting.notice import Notice
from mainstay.monitoring.alerting.senders.post import post
from mainstay.ports.clock import Clock

MAX_ALERTS = 50
NEVER = "0001-01-01T00:00:00Z"
"""What Alertmanager writes for the end of an alert that fires."""


class Webhook:
    """Posts every notice; implements ``Sender``.

    Args:
        url: where; may hold a secret.
        repeat_s: after how many seconds it tells again.
        clock: monotonic.
    """

    name = "webhook"

    def __init__(self, url: str, repeat_s: float, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self.repeat_s = repeat_s

    def send(self, notice: Notice) -> None:
        """Post one notice.

        Raises:
            NotSent: it was not taken.
        """
        post(self._url, body_of(notice), self._clock)


def body_of(notice: Notice) -> dict[str, Any]:
    """Return a notice as Alertmanager would send it."""
    alerts = [*notice.firing, *notice.resolved]
    shown = alerts[:MAX_ALERTS]
    return {
        "version": "4",
        "groupKey": notice.key,
        "truncatedAlerts": len(alerts) - len(shown),
        "status": notice.status,
        "receiver": "mainstay",
        "groupLabels": {"alertname": notice.name},
        "commonLabels": _common([labels_of(alert) for alert in alerts]),
        "commonAnnotations": _common([alert.annotations for alert in alerts]),
        "externalURL": "",
        "alerts": [_entry(alert) for alert in shown],
    }


def labels_of(alert: Alert) -> dict[str, str]:
    """Return an alert's labels with its name among them."""
    return {"alertname": alert.name, **alert.labels}


def _entry(alert: Alert) -> dict[str, Any]:
    since_s = alert.since_s if alert.fired_s is None else alert.fired_s
    ended_s = alert.resolved_s
    return {
        "status": "firing" if ended_s is None else "resolved",
        "labels": labels_of(alert),
        "annotations": dict(alert.annotations),
        "startsAt": timestamp(since_s * 1000),
        "endsAt": NEVER if ended_s is None else timestamp(ended_s * 1000),
        "generatorURL": "",
        "fingerprint": alert.fingerprint,
    }


def _common(found: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the pairs that all have."""
    if not found:
        return {}
    first, *others = found
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }
