"""The real clock."""

import asyncio
import time


class SystemClock:
    """Time as the machine tells it."""

    def now_ms(self) -> int:
        """Return Unix time in milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` seconds."""
        await asyncio.sleep(seconds)
