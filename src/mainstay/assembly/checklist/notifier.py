"""A test alert by the built-in notifier."""

import asyncio
from dataclasses import dataclass

from mainstay.assembly.alerting import send_test
from mainstay.domain.errors import MainstayError
from mainstay.monitoring.alerting.senders.heartbeat import Heartbeat
from mainstay.settings import Settings


@dataclass(frozen=True, slots=True)
class Notifier:
    """Has everybody tell of a test alert who tells of real ones; a ``Pager``.

    Args:
        settings: name them.
    """

    settings: Settings

    async def page(self) -> str:
        """Send it to each; a sign of life is told to nobody, and is not enough."""
        found = await asyncio.to_thread(send_test, self.settings)
        for one in found:
            if one.fault:
                told = f"{one.sender} took no test alert: {one.fault}"
                raise MainstayError(f"{told}; try: mainstay alerts test")
        ways = [one.sender for one in found if one.sender != Heartbeat.name]
        if not ways:
            raise MainstayError("alerts are told to nobody; set ALERT_SLACK_URL")
        return f"by {' and '.join(ways)}"
