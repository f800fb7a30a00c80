"""How a drill went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mainstay.drills.figures import Figures
from mainstay.ports.hearing import Heard

Phase = Literal["before", "during", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was seen.

    Args:
        name: of the drill.
        began_ms: when its fault began; the store's time.
        ended_ms: when it was taken back.
        figures: by phase.
        went_wrong: whether its fault was brought about.
        aborted: why it was broken off, "" if it was not.
        refuted: what speaks against its hypothesis, "" if nothing does.
        steady_after_s: seconds from the fault's end until all was as before; None if
            it was not again.
        turns: of all phases, for the plot.
        refused: messages of the driller's own customers that were not accepted, by
            phase; empty without such customers.
    """

    name: str
    began_ms: int
    ended_ms: int
    figures: Mapping[Phase, Figures]
    went_wrong: bool
    aborted: str
    refuted: str
    steady_after_s: float | None
    turns: Sequence[Heard]
    refused: Mapping[Phase, int]

    @property
    def passed(self) -> bool:
        """Whether the hypothesis held, and nothing had to be broken off."""
        return not self.aborted and not self.refuted
