"""A model that takes its time, and gates that note what became of each call."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from mainstay.agent.gate import CallEnd, ProposedCall, Refusal
from mainstay.domain.model_call import ModelOutcome, ModelRequest
from mainstay.testing.clock import ManualClock


@dataclass(frozen=True)
class Plan:
    """One answer.

    Args:
        outcome: how it ends.
        after_s: seconds until its text; until its end if there is none.
        text: what it shows.
        more_s: seconds from the text to its end.
    """

    outcome: ModelOutcome
    after_s: float = 0.0
    text: str = ""
    more_s: float = 0.0


@dataclass
class PacedModel:
    """Answers by its plans; notes each request, and each call that was cancelled."""

    clock: ManualClock
    plans: list[Plan]
    seen: list[ModelRequest] = field(default_factory=list[ModelRequest])
    cancelled: list[int] = field(default_factory=list[int])

    async def call(
        self, request: ModelRequest, on_text: Callable[[str], None]
    ) -> ModelOutcome:
        """Answer."""
        number, plan = len(self.seen), self.plans.pop(0)
        self.seen.append(request)
        try:
            await self.clock.sleep(plan.after_s)
            if plan.text:
                on_text(plan.text)
                await self.clock.sleep(plan.more_s)
        except asyncio.CancelledError:
            self.cancelled.append(number)
            raise
        return plan.outcome

    async def close(self) -> None:
        """Hold nothing."""


@dataclass
class Door:
    """A gate that admits while it is open."""

    opens: bool = True
    asked: list[ProposedCall] = field(default_factory=list[ProposedCall])
    settled: list[ModelOutcome] = field(default_factory=list[ModelOutcome])
    given_back: int = 0

    async def admit(self, call: ProposedCall) -> "Door | Refusal":
        """Admit, or refuse."""
        self.asked.append(call)
        return self if self.opens else Refusal("it is shut")

    def settle(self, end: CallEnd) -> None:
        """Note an end."""
        self.settled.append(end.outcome)

    def give_back(self) -> None:
        """Note a call that tells nothing."""
        self.given_back += 1

    @property
    def inside(self) -> int:
        """Calls that were admitted and have not let go."""
        admitted = len(self.asked) if self.opens else 0
        return admitted - len(self.settled) - self.given_back
