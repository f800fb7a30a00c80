"""The thirteen checks by name, in their order."""

from collections.abc import Callable
from dataclasses import dataclass

from mainstay.checklist.finding import Check, Finding, unknown

TITLES = (
    "configuration validated",
    "database migrations applied",
    "circuit breakers configured",
    "monitoring endpoints live",
    "fallback models available",
    "rate limiter configured",
    "queue set up and tested",
    "API authentication enabled",
    "secrets manager configured",
    "logging configured",
    "alerting rules set",
    "runbooks written",
    "team trained on incidents",
)


@dataclass(frozen=True, slots=True)
class NotLooked:
    """A check that cannot be made, because settings have faults.

    Args:
        title: of the check.
        what: has them.
    """

    title: str
    what: str = "the settings have faults"

    async def look(self) -> Finding:
        """Say so."""
        return unknown(self.what, "correct those first")


@dataclass(frozen=True, slots=True)
class Late:
    """A check that is put together when it is made: what that meets is its finding.

    Args:
        title: of the check.
        make: puts it together.
    """

    title: str
    make: Callable[[], Check]

    async def look(self) -> Finding:
        """Put it together, and let it look."""
        return await self.make().look()
