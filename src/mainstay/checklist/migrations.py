"""Check 2: the store has this version's schema, and nothing is left to do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed
from mainstay.domain.schema import SchemaStatus


@dataclass(frozen=True, slots=True)
class MigrationsApplied:
    """Passes when no revision waits.

    Args:
        status: tells where the schema stands.
    """

    status: Callable[[], Awaitable[SchemaStatus]]
    title: str = "database migrations applied"

    async def look(self) -> Finding:
        """Ask the store."""
        status = await self.status()
        if status.pre:
            told = (
                f"schema {status.current or 'none'}; waiting: {'; '.join(status.pre)}"
            )
            return failed(told, "run: mainstay migrate --phase pre")
        if status.post:
            told = f"waiting: {'; '.join(status.post)}"
            return failed(told, "run: mainstay migrate --phase post")
        if status.current != status.head:
            told = f"schema {status.current}, this version knows {status.head}"
            return failed(told, "check with the version that made that schema")
        return passed(f"schema {status.current}, nothing pending")
