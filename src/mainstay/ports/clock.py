"""Time, given rather than taken."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now_ms(self) -> int:
        """Return Unix time in milliseconds; shared by the processes of one store."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never go back, for durations within one process."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` seconds."""
        ...
