"""A clock that stands still until it is told to move."""

import asyncio
import heapq

START_MS = 1_700_000_000_000
_TURNS_OF_THE_LOOP = 20


class ManualClock:
    """Time for tests: sleepers wait until ``advance`` or ``run_for`` reaches them.

    It counts whole nanoseconds, so that many small steps add up exactly.

    Args:
        now_ms: Unix time in milliseconds to begin with.
    """

    def __init__(self, now_ms: int = START_MS) -> None:
        self._wall_ns = now_ms * 1_000_000
        self._passed_ns = 0
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._slept = 0
        self._news = asyncio.Event()

    def now_ms(self) -> int:
        """Return Unix time in milliseconds."""
        return (self._wall_ns + self._passed_ns) // 1_000_000

    def monotonic_s(self) -> float:
        """Return the seconds passed since the clock was made."""
        return self._passed_ns / 1e9

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has moved on by ``seconds``; at once for 0 or less."""
        if seconds <= 0:
            await _turn_of_the_loop()
            return
        woken = asyncio.get_running_loop().create_future()
        self._slept += 1
        # Less than a nanosecond is one: a wait that is not over must come to its end.
        due_ns = self._passed_ns + max(1, _ns(seconds))
        heapq.heappush(self._sleepers, (due_ns, self._slept, woken))
        self._news.set()
        await woken

    @property
    def sleepers(self) -> int:
        """How many wait now."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def until_sleepers(self, count: int = 1) -> None:
        """Return as soon as at least ``count`` wait: the signal to move the clock."""
        while self.sleepers < count:
            self._news.clear()
            await self._news.wait()

    def advance(self, seconds: float) -> None:
        """Move on at once and release who is due, in order; they run afterwards.

        Raises:
            ValueError: ``seconds`` is negative; only ``set_wall_ms`` goes back.
        """
        if seconds < 0:
            raise ValueError(f"a clock cannot advance by {seconds} s")
        self._passed_ns += _ns(seconds)
        while self._sleepers and self._sleepers[0][0] <= self._passed_ns:
            self._release_next()

    async def run_for(self, seconds: float) -> None:
        """Move on from sleeper to sleeper; each runs at its own time, and may sleep on.

        Raises:
            ValueError: ``seconds`` is negative.
        """
        end_ns = self._passed_ns + _ns(seconds)
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end_ns:
            self._passed_ns = self._sleepers[0][0]
            self._release_next()
            await _settle()
        self.advance((end_ns - self._passed_ns) / 1e9)

    def set_wall_ms(self, now_ms: int) -> None:
        """Set Unix time, also back; monotonic time and sleepers do not notice."""
        self._wall_ns = now_ms * 1_000_000 - self._passed_ns

    def _release_next(self) -> None:
        _, _, woken = heapq.heappop(self._sleepers)
        if not woken.done():
            woken.set_result(None)


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)


async def _turn_of_the_loop() -> None:
    await asyncio.sleep(0)  # noqa: TID251 - hands the loop over; no time passes


async def _settle() -> None:
    """Let tasks run until, in all likelihood, each waits for something."""
    for _ in range(_TURNS_OF_THE_LOOP):
        await _turn_of_the_loop()
