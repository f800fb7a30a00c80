"""What one check has found."""

from dataclasses import dataclass
from typing import Literal, Protocol

Verdict = Literal["PASS", "FAIL", "ERROR"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and its reason.

    Args:
        verdict: ``ERROR`` when it could not be found out, which blocks as ``FAIL``.
        detail: what was seen, in one line; no secret and no customer's text.
        way_out: what to do, in one line; empty for ``PASS``.
    """

    verdict: Verdict
    detail: str
    way_out: str = ""


def passed(detail: str) -> Finding:
    """Return that all is as it should be."""
    return Finding("PASS", detail)


def failed(detail: str, way_out: str) -> Finding:
    """Return that something is not as it should be."""
    return Finding("FAIL", detail, way_out)


def unknown(detail: str, way_out: str) -> Finding:
    """Return that it could not be found out."""
    return Finding("ERROR", detail, way_out)


class Check(Protocol):
    """Looks at one thing; leaves nothing behind in what it looks at."""

    @property
    def title(self) -> str:
        """What is true when it passes."""
        ...

    async def look(self) -> Finding:
        """Look; whatever is raised means that it could not be found out."""
        ...
