"""The simulator's own wall clock, for when it runs outside a simulated world."""

import asyncio
import time


class WallClock:
    """Tells the machine's time; the default of ``Options.clock``."""

    def now_ms(self) -> int:
        """Return Unix time in milliseconds."""
        # The simulator stands beside the product, not on its system adapters.
        return time.time_ns() // 1_000_000  # noqa: TID251  # this file is a clock

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()  # noqa: TID251  # as above

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` seconds."""
        await asyncio.sleep(seconds)  # noqa: TID251  # as above
