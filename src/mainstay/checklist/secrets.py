"""Check 9: secrets come from a manager or from files, not from plain variables."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed


@dataclass(frozen=True, slots=True)
class SecretsManaged:
    """Looks where each secret came from, and whether it can be had again.

    Args:
        plain: secrets that are variables.
        files: those that came from files.
        managed: those that came from the manager.
        read_again: reads files and manager once more; blocks, and raises a
            MainstayError when one cannot be had.
        production: whether plain variables are refused.
    """

    plain: Collection[str]
    files: Collection[str]
    managed: Collection[str]
    read_again: Callable[[], None]
    production: bool
    title: str = "secrets manager configured"

    async def look(self) -> Finding:
        """Judge by name; values are not looked at."""
        if self.plain and self.production:
            names = ", ".join(sorted(self.plain))
            return failed(
                f"in plain variables: {names}",
                "give each by NAME_FILE, or all by MAINSTAY_SECRETS",
            )
        await asyncio.to_thread(self.read_again)
        told = [
            f"{len(names)} from {whence}"
            for names, whence in (
                (self.managed, "the manager"),
                (self.files, "files"),
                (self.plain, "variables, as this is no production"),
            )
            if names
        ]
        return passed(", ".join(told) or "there is no secret to keep")
