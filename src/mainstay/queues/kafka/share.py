"""One partition as its receiver has it: how far all is done."""

from itertools import takewhile


class Share:
    """Knows which records are open, and up to where there is none.

    A partition's commit is one offset, all before which count as done. So a record that
    is done waits here until those before it are.

    Args:
        term: tells this time of having the partition from the times before.
    """

    def __init__(self, term: int) -> None:
        self.term = term
        self._done: dict[int, bool] = {}
        self._moved_to: int | None = None

    def __len__(self) -> int:
        """Return how many records wait to be done, or for others that do."""
        return len(self._done)

    def read(self, offset: int) -> bool:
        """Note a record that was read; False when it had been."""
        if offset in self._done:
            return False
        self._done[offset] = False
        return True

    def finish(self, offset: int) -> None:
        """Note that a record is done; one that is unknown, or was done, stays so."""
        if offset not in self._done:
            return
        self._done[offset] = True
        for first in list(takewhile(self._done.__getitem__, self._done)):
            del self._done[first]
            self._moved_to = first + 1

    def moved(self) -> int | None:
        """Return the offset to commit, once after each change."""
        to, self._moved_to = self._moved_to, None
        return to
