"""Slack, by an incoming webhook.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from typing import Any

from mainstay.monitoring.alerting.notice import Notice
from mainstay.monitoring.alerting.senders.post import post
from mainstay.ports.clock import Clock

COLOURS = {"page": "#d00000", "ticket": "#e8a317", "resolved": "#2e8b57"}
OTHER_COLOUR = "#808080"
MAX_CHARACTERS = 3000
"""A section takes no more."""


class Slack:
    """Posts every notice to the webhook's channel; implements ``Sender``.

    Args:
        url: the webhook's, which is a secret.
        repeat_s: after how many seconds it tells again.
        clock: monotonic.
    """

    name = "slack"

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
    """Return a notice as a message: a line for lists, and a block with a colour."""
    text = _escaped("\n".join(notice.lines))
    if notice.runbook:
        text += f"\nWhat to do: {_escaped(notice.runbook)}"
    section = {"type": "mrkdwn", "text": text[:MAX_CHARACTERS]}
    tone = notice.severity if notice.firing else "resolved"
    return {
        "text": _escaped(notice.title),
        "attachments": [
            {
                "color": COLOURS.get(tone, OTHER_COLOUR),
                "blocks": [{"type": "section", "text": section}],
            }
        ],
    }


def _escaped(text: str) -> str:
    """Return a text whose signs mean nothing to Slack, so that it mentions nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
