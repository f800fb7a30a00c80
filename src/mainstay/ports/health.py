"""The vital signs: what was last found out about the parts a deployment stands on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mainstay.domain.anomaly import Judgement


@dataclass(frozen=True, slots=True)
class CheckState:
    """How one check stands.

    Args:
        name: what is checked.
        ok: False from the second failure in a row on, and while it is stale.
        detail: one line for operators, shown to whoever asks; no secrets, no texts.
        critical: whether the service is unhealthy without it.
        failures: failures in a row.
        last_run_ms: when it was last made, Unix milliseconds; None: not yet.
        stale: whether it was not made for three periods.
    """

    name: str
    ok: bool
    detail: str = ""
    critical: bool = True
    failures: int = 0
    last_run_ms: int | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class RecentTurns:
    """The turns of the last 5 minutes in the whole deployment.

    Args:
        turns: how many; the newest 5,000 at most.
        error_percent: share of them that no agent answered.
        p99_ms: what 99% of their customers waited at most for a reply.
    """

    turns: int
    error_percent: float
    p99_ms: float


class VitalSigns(Protocol):
    """What background checks found; reading it asks nobody and takes no time."""

    def checks(self) -> Sequence[CheckState]:
        """Return how each check stands now."""
        ...

    def recent(self) -> RecentTurns | None:
        """Return the last 5 minutes' turns, None while nobody can tell."""
        ...

    def depth(self) -> int:
        """Return how many conversations are ready for a worker."""
        ...

    def judgements(self) -> Sequence[Judgement]:
        """Return how this hour compares with past weeks; none before the first look."""
        ...
