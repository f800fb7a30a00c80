"""QUEUE_URL: one that no broker can have is an error in one line, without secrets."""

import pytest

from mainstay.assembly.brokers import broker_of, init
from mainstay.domain.errors import MainstayError
from mainstay.ports.telemetry import TelemetryEvent
from mainstay.settings import load

HUSH = "hush"


class Quiet:
    """Takes events, and nothing more."""

    def emit(self, event: TelemetryEvent) -> None:
        """Take one."""


@pytest.mark.parametrize(
    "url",
    [
        "https://sqs.eu-central-1.amazonaws.com/wakes",
        "https://vpce.amazonaws.com/123456789012/wakes",
        f"https://me:{HUSH}@sqs.eu-central-1.amazonaws.com/123456789012/wakes",
        "https://sqs.eu-central-1.amazonaws.com:port/123456789012/wakes",
        "amqp://",
        "amqp://rabbit/?quue=typo",
        f"amqp://me:{HUSH}/@rabbit/",
        f"amqp://me:\u2100{HUSH}@rabbit/",
        "kafka://one",
        f"kafka://me:\u2100{HUSH}@one/wakes",
    ],
)
async def test_what_is_no_address_is_told(url: str):
    """To who serves, and to who makes the queue; nothing of a password is shown."""
    env = {"MAINSTAY_ENV": "development", "QUEUE_URL": url}
    with pytest.raises(MainstayError, match="QUEUE_URL: ") as served:
        broker_of(load(env), Quiet())
    with pytest.raises(MainstayError, match="QUEUE_URL: ") as made:
        await init(load(env))
    for told in (str(served.value), str(made.value)):
        assert HUSH not in told
        assert "\n" not in told
