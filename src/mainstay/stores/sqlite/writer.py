"""What the store's ports write through: pieces of work, each in a commit."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from mainstay.stores.sqlite.unit import Unit

T = TypeVar("T")
Work = Callable[[Unit], T]


class Writer(Protocol):
    """Runs pieces of work; what it returned is on disk."""

    @property
    def commits(self) -> int:
        """The number of groups committed so far."""
        ...

    async def run(self, work: Work[T]) -> T:
        """Run a piece of work and return its result once it is committed.

        Raises:
            StoreUnavailable: nothing of it was stored.
        """
        ...

    def run_from_thread(self, work: Work[T], timeout_s: float) -> T:
        """Do the same for a caller on a thread of its own.

        Raises:
            TimeoutError: no outcome within ``timeout_s`` seconds.
        """
        ...

    def close(self) -> None:
        """Commit what waits, then end; may be repeated."""
        ...
