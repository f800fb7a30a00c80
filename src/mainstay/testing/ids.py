"""Identities that can be foretold."""


class CountedIds:
    """Counts from 1: ``turn_00000000000000000000000001``; same form, same order."""

    def __init__(self) -> None:
        self._count = 0

    def new(self, prefix: str) -> str:
        """Return the next identity, ``prefix_`` and 26 digits."""
        self._count += 1
        return f"{prefix}_{self._count:026d}"
