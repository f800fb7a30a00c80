"""Where a search for work in its order may begin.

Work that was done leaves dead entries at the old end of its index until vacuum takes
them away. An old snapshot, e.g. of a backup, keeps them all; a search from the very
beginning would pass by each of them, every time.
"""

from dataclasses import dataclass

from mainstay.stores.postgres.reader import Reader

WHOLE_EVERY_S = 30.0
"""A whole look this often also finds what a clock that went back made older."""


@dataclass(slots=True)
class Horizon:
    """Remembers how old the oldest work was at the last whole look.

    New work is dated when it is written, so that it is never older than a statement may
    take; the statement of the whole look leaves a minute for that.

    Args:
        reader: runs the whole look, and has the clock.
        oldest: a statement that returns the time to begin at, Unix milliseconds.
    """

    reader: Reader
    oldest: str
    _since_ms: int = 0
    _good_until_s: float = 0.0

    async def since_ms(self) -> int:
        """Return the time before which there is no work, Unix milliseconds.

        Raises:
            StoreUnavailable: the database does not answer in time.
        """
        now_s = self.reader.clock.monotonic_s()
        if now_s >= self._good_until_s:
            self._good_until_s = now_s + WHOLE_EVERY_S
            self._since_ms = 0
            row = await self.reader.row(self.oldest)
            self._since_ms = row[0]
        return self._since_ms
