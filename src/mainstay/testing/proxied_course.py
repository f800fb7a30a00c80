"""How bytes pass through a proxy in one direction, on all of its connections."""

import asyncio
import contextlib
import math
from dataclasses import dataclass, field
from typing import Literal

TICK_S = 0.05
"""A trickle passes in portions of this length."""


@dataclass(slots=True)
class Course:
    """What is done to the bytes; a change counts at once for those on their way.

    Args:
        delay_s: seconds that each byte takes.
        bytes_s: bytes a second, on each connection.
        held: whether nothing passes.
        limit: bytes after which a new connection is cut; None for no end.
        ending: how it is cut.
        passed: bytes so far, over all connections.
    """

    delay_s: float = 0.0
    bytes_s: float = math.inf
    held: bool = False
    limit: int | None = None
    ending: Literal["rst", "fin"] = "rst"
    passed: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def portion(self) -> int:
        """How many bytes may go in one piece."""
        if math.isinf(self.bytes_s):
            # More than any chunk.
            return 1 << 30
        return max(1, int(self.bytes_s * TICK_S))

    def tell(self) -> None:
        """Let those who wait look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def heal(self) -> None:
        """Let everything pass."""
        self.delay_s, self.bytes_s, self.held = 0.0, math.inf, False
        self.limit = None
        self.tell()

    async def due(self, came_s: float) -> None:
        """Return when bytes that came at a moment of the loop's clock may pass."""
        now_s = asyncio.get_running_loop().time
        while self.held or came_s + self.delay_s > now_s():
            await self._change(None if self.held else came_s + self.delay_s - now_s())

    async def spent(self, count: int) -> None:
        """Return when so many bytes have taken their time."""
        if not math.isinf(self.bytes_s):
            await self._change(count / self.bytes_s)

    async def _change(self, within_s: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._changed.wait()
