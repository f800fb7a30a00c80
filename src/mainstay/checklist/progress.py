"""Who is told how a walk through the checklist goes on."""

from typing import Protocol

from mainstay.checklist.walk import Checked


class Progress(Protocol):
    """Takes word of each check."""

    def begun(self, number: int, title: str) -> None:
        """Take it that a check is being made."""
        ...

    def ended(self, checked: Checked) -> None:
        """Take what it found."""
        ...
