"""The sums over turns: of any span, and kept by the hour."""

from collections.abc import Sequence
from typing import Protocol

from mainstay.domain.hour import HourSums
from mainstay.domain.turn_sums import TurnSums


class Hours(Protocol):
    """Counts turns where they are, and keeps what was counted for weeks."""

    async def sums(self, since_ms: int, until_ms: int, limit: int) -> TurnSums:
        """Return the sums over the turns accepted in a span, the newest ``limit``.

        Found by their identities, which sort by time; clocks of processes may be a
        minute off. A turn that may still be answered in time is not counted.
        """
        ...

    async def newest(self) -> HourSums | None:
        """Return the newest hour that is kept, None when there is none."""
        ...

    async def read(self, hours: Sequence[int]) -> list[HourSums]:
        """Return those of these hours that are kept, in falling order."""
        ...

    async def write(self, sums: HourSums, was_until_ms: int) -> bool:
        """Keep an hour, if it was counted up to ``was_until_ms`` before.

        An hour that is not kept was counted up to its beginning. Returns whether it
        was written; of several who add the same, one is told so. Hours of more than
        nine weeks before it are dropped.
        """
        ...
