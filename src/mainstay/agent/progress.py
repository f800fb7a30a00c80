"""The fold: what a turn's journal says about where the turn stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mainstay.domain.step import (
    IntentStep,
    ModelStep,
    ResultStep,
    RetryStep,
    Step,
    ToolCall,
)

MAX_ROUNDS = 3
"""Tool rounds a turn may take; the next words come without tools."""

MAX_TOOL_FAILURES = 2
"""Failed calls after which the turn goes on without tools."""


@dataclass(slots=True)
class Progress:
    """Where a turn stands: a plain fold over its steps.

    Args:
        steps: every step so far, journaled or about to be.
        unsaved: those of them that the journal does not hold yet.
    """

    steps: list[Step] = field(default_factory=list[Step])
    unsaved: list[Step] = field(default_factory=list[Step])

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "Progress":
        """Return the progress that a journal tells of."""
        return cls(list(steps))

    def add(self, *steps: Step) -> None:
        """Take steps that the journal does not hold yet."""
        self.steps.extend(steps)
        self.unsaved.extend(steps)

    def saved(self) -> None:
        """Note that the journal holds everything."""
        self.unsaved.clear()

    @property
    def results(self) -> dict[str, ResultStep]:
        """Results by call id."""
        return {s.call_id: s for s in self.steps if isinstance(s, ResultStep)}

    @property
    def intents(self) -> dict[str, IntentStep]:
        """Intents by call id."""
        return {s.call.id: s for s in self.steps if isinstance(s, IntentStep)}

    @property
    def responses(self) -> list[ModelStep]:
        """The model's responses in order."""
        return [s for s in self.steps if isinstance(s, ModelStep)]

    @property
    def retries(self) -> list[RetryStep]:
        """The retries that the turn has spent, over all its attempts."""
        return [s for s in self.steps if isinstance(s, RetryStep)]

    @property
    def open_calls(self) -> list[ToolCall]:
        """Calls of the last response without a result; only they may still run."""
        done = self.results
        return [c for r in self.responses[-1:] for c in r.calls if c.id not in done]

    @property
    def rounds(self) -> int:
        """Tool rounds so far."""
        return sum(1 for response in self.responses if response.calls)

    @property
    def failures(self) -> int:
        """Tool calls that failed or refused."""
        return sum(1 for result in self.results.values() if result.is_error)

    @property
    def tools_spent(self) -> bool:
        """Whether the turn must go on without tools."""
        return self.rounds >= MAX_ROUNDS or self.failures >= MAX_TOOL_FAILURES

    @property
    def handoff(self) -> str | None:
        """Why a tool wants a human to go on, or None."""
        asked = (r.handoff for r in self.results.values() if r.handoff is not None)
        return next(asked, None)
