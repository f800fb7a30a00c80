"""Vital signs that are what a test says."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mainstay.domain.anomaly import Judgement
from mainstay.ports.health import CheckState, RecentTurns

WELL = (CheckState("claude_api", ok=True), CheckState("database", ok=True))


@dataclass(slots=True)
class GivenSigns:
    """The twin of background checks; implements ``ports.VitalSigns``.

    Args:
        states: how the checks stand.
        turns: of the last 5 minutes; None: nobody can tell.
        ready: conversations that are ready.
        judged: how this hour compares.
    """

    states: Sequence[CheckState] = WELL
    turns: RecentTurns | None = None
    ready: int = 0
    judged: Sequence[Judgement] = field(default_factory=list[Judgement])

    def checks(self) -> Sequence[CheckState]:
        """Return how each check stands."""
        return self.states

    def recent(self) -> RecentTurns | None:
        """Return the last 5 minutes' turns."""
        return self.turns

    def depth(self) -> int:
        """Return how many conversations are ready."""
        return self.ready

    def judgements(self) -> Sequence[Judgement]:
        """Return how this hour compares."""
        return self.judged
