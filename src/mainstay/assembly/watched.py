"""A place that secrets came from, looked at again while the process runs."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import SecretRotated, Telemetry, Trouble
from mainstay.resilience.every import Every
from mainstay.settings import Unreadable

LONGEST_S = 5.0
"""What one refusal waits for a look; a turn has 26 s, a statement less."""

Objection = Callable[[str, str, str], str]
"""From name, old and new value: why the new one cannot be taken, "" if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a place is looked at.

    Args:
        every_s: seconds between two looks.
        gap_s: seconds between two looks because a value was refused.
    """

    every_s: float
    gap_s: float


class Watched:
    """Keeps the values of one place; what cannot be read leaves them as they are.

    Looks are made one at a time, in a thread of their own: a place that hangs delays
    nobody who does not wait for it.

    Args:
        values: by name, as they were first read.
        read: looks; may block.
        objection: judges a changed value.
        pace: how often.
        clock: for the pauses.
        telemetry: is told of each change, and of trouble once.
    """

    def __init__(
        self,
        values: Mapping[str, str],
        read: Callable[[], Mapping[str, str]],
        objection: Objection,
        *,
        pace: Pace,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._values = dict(values)
        self._read = read
        self._objection = objection
        self._gap_s = pace.gap_s
        self._clock = clock
        self._telemetry = telemetry
        self._looked_s = float("-inf")
        self._troubles: frozenset[str] = frozenset()
        self._thread = ThreadPoolExecutor(1, "secrets")
        self._looking = Every(pace.every_s, self._look_now, clock)

    async def start(self) -> None:
        """Start to look; may be repeated."""
        await self._looking.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        await self._looking.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def current(self, name: str) -> str:
        """Return the value to use now."""
        return self._values[name]

    async def renewed(self, name: str, refused: str) -> bool:
        """Look again, and tell whether there is another value than the refused one.

        A look of the last ``gap_s`` seconds serves first; if it brought nothing new,
        the next one waits until they are over. All takes 5 s at most.
        """
        try:
            async with asyncio.timeout(LONGEST_S):
                await self._renew(name, refused)
        except TimeoutError:
            pass  # a place that hangs must not cost whoever asks all that it has
        return self._values[name] != refused

    async def _renew(self, name: str, refused: str) -> None:
        asked_s = self._clock.monotonic_s()
        if self._values[name] == refused:
            await self._look_since(asked_s - self._gap_s)
        if self._values[name] == refused and self._looked_s < asked_s:
            await self._clock.sleep(self._looked_s + self._gap_s - asked_s)
            await self._look_since(asked_s)

    async def _look_now(self) -> None:
        await self._look_since(self._clock.monotonic_s())

    async def _look_since(self, since_s: float) -> None:
        """Look, or wait for a look that began at or after a time."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._look, since_s)

    def _look(self, since_s: float) -> None:
        if self._looked_s >= since_s:
            return
        self._looked_s = self._clock.monotonic_s()
        try:
            troubles = self._take(self._read())
        except Unreadable as error:
            troubles = frozenset({str(error)})
        except Exception as error:  # noqa: BLE001 - looking must outlive any fault
            # Its words may quote what was read.
            troubles = frozenset({f"a secret cannot be read: {type(error).__name__}"})
        for text in sorted(troubles - self._troubles):
            self._telemetry.emit(Trouble("secrets", text))
        self._troubles = troubles

    def _take(self, found: Mapping[str, str]) -> frozenset[str]:
        troubles: set[str] = set()
        for name, old in self._values.items():
            new = found.get(name, "")
            if not new:
                troubles.add(f"{name} is gone from its secret; put it back")
            elif new != old and (reason := self._objection(name, old, new)):
                troubles.add(reason)
            elif new != old:
                self._values[name] = new
                self._telemetry.emit(SecretRotated(name))
        return frozenset(troubles)
