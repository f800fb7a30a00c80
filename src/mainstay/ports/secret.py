"""A secret that may be replaced while the process runs."""

from typing import Protocol


class Secret(Protocol):
    """One value, asked for whenever it is used; may be used from any thread."""

    def current(self) -> str:
        """Return the value to use now; neither blocks nor fails."""
        ...

    async def renewed(self, refused: str) -> bool:
        """Look for another value at once, and tell whether there is one.

        Callers that ask together share one look; it takes seconds at most.

        Args:
            refused: the value that the other side did not take.
        """
        ...
