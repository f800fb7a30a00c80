"""Chance and identity, given rather than taken."""

from typing import Protocol


class Random(Protocol):
    """A source of chance."""

    def uniform(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``."""
        ...


class Ids(Protocol):
    """A source of identities."""

    def new(self, prefix: str) -> str:
        """Return a new identity, ``prefix_`` and 26 characters that sort by time."""
        ...
