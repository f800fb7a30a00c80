"""A sign of life for a service that calls you when it stops."""

from mainstay.monitoring.alerting.notice import Notice
from mainstay.monitoring.alerting.senders.post import post
from mainstay.ports.clock import Clock

EVERY_S = 60.0


class Heartbeat:
    """Posts once a minute while the deadman fires; implements ``Sender``.

    Args:
        url: where; may hold a secret.
        clock: monotonic.
    """

    name = "heartbeat"
    repeat_s = EVERY_S

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock

    def send(self, notice: Notice) -> None:
        """Give the sign, and none when it is over: that is its meaning.

        Raises:
            NotSent: it was not taken.
        """
        if notice.firing:
            body = {"source": notice.source, "alert": notice.name}
            post(self._url, body, self._clock)
