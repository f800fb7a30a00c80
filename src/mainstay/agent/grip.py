"""A worker's grip on a claim: asked before anything leaves the process."""

from typing import Protocol


class Grip(Protocol):
    """Knows, without asking the store, whether the lease can still be ours."""

    def ensure(self) -> None:
        """Return if the lease holds.

        Raises:
            LeaseLost: it was not renewed in time, e.g. because the process was frozen.
        """
        ...

    def let_go(self) -> None:
        """Take it that the lease is about to be ended by a write of this attempt.

        The store's fence decides about that write; the lease is missed by nobody.
        """
        ...
