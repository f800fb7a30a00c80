"""Keeps the gauges fresh: reads again and again in the background how things stand."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.every import Every

EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that is looked at.

    Args:
        read: reads it and sets its gauges.
        every_s: seconds between the end of one look and the start of the next.
        at_start: whether the start waits for the first look, which must be quick.
    """

    read: Callable[[], Awaitable[None]]
    every_s: float = EVERY_S
    at_start: bool = True


class Gauges:
    """Looks at several things, each on its own: one that hangs holds no other up.

    Args:
        looks: what is looked at.
        telemetry: is told when one cannot be read; its gauges stay as they were.
        clock: for the pauses.
    """

    def __init__(
        self, looks: Sequence[Look], telemetry: Telemetry, clock: Clock
    ) -> None:
        self._looks = looks
        self._telemetry = telemetry
        self._going = [
            Every(
                look.every_s,
                partial(self._read, look),
                clock,
                at_once=not look.at_start,
            )
            for look in looks
        ]

    async def start(self) -> None:
        """Read once, all side by side, then go on in the background."""
        first = (self._read(look) for look in self._looks if look.at_start)
        await asyncio.gather(*first)
        for one in self._going:
            await one.start()

    async def stop(self) -> None:
        """Stop reading; may be repeated."""
        for one in self._going:
            await one.stop()

    async def _read(self, look: Look) -> None:
        try:
            await look.read()
        except StoreUnavailable as error:
            self._telemetry.emit(Trouble("gauges", str(error)))
        except Exception as error:  # noqa: BLE001 - or the gauges would stand still
            self._telemetry.emit(Trouble("gauges", repr(error)))
