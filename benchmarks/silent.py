"""Mainstay with its monitoring cut out: the side that it is compared with.

Takes the command line of ``mainstay``. Events are still made, and thrown away at once;
health checks go on, because a gateway answers by them.
"""

import sys

from mainstay.__main__ import main
from mainstay.monitoring.gauges import Gauges
from mainstay.monitoring.loop_lag import LoopLag
from mainstay.monitoring.telemetry import Monitoring

SETTINGS = {"ENABLE_TRACING": "false"}
"""What also turns off what can be turned off."""


def _nothing(_monitoring: Monitoring, _event: object) -> None:
    """Take an event."""


async def _start(_part: object) -> None:
    """Look at nothing in the background."""


if __name__ == "__main__":
    Monitoring.emit = _nothing
    Gauges.start = LoopLag.start = _start
    sys.exit(main())
