"""A gate: what a model call must pass before it is made.

Breakers, rate budgets and limits on calls at once are gates. Each admits or refuses,
and hears how an admitted call ended.
"""

from dataclasses import dataclass
from typing import Protocol

from mainstay.domain.model_call import ModelOutcome, ModelRequest
from mainstay.resilience.deadline import Deadline


@dataclass(frozen=True, slots=True)
class ProposedCall:
    """A model call that asks to be made.

    Args:
        turn_id: for whom.
        request: what it would send.
        deadline: the attempt's end; a gate that waits stays well within it.
        underway: whether the customer has had an answer, or this turn a model's word,
            before: work begun is finished before new work is taken in.
        again: whether the turn was claimed before: it may have waited already.
        low_priority: whether the host said that it may have the fallback model.
        first: whether the turn has called no model before: nothing of it was shown, and
            no tool has run.
        second: whether it is the second call beside a late first one.
    """

    turn_id: str
    request: ModelRequest
    deadline: Deadline
    underway: bool
    again: bool = False
    low_priority: bool = False
    first: bool = False
    second: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The call is not made.

    Args:
        cause: for operators, one line: which model, and why.
        retry_in_s: seconds after which the same call may pass, None when not known.
        waits: whether the turn should rather wait for that, on the queue, than go down
            the ladder; there is time for it.
    """

    cause: str
    retry_in_s: float | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How an admitted call ended.

    Args:
        outcome: the response, or why there is none.
        first_text_s: seconds from its start to its first text; to its end if none came.
    """

    outcome: ModelOutcome
    first_text_s: float


class Pass(Protocol):
    """One admitted call; exactly one of its verbs is called, once."""

    def settle(self, end: CallEnd) -> None:
        """The call was made and ended so; never blocks."""
        ...

    def give_back(self) -> None:
        """The call was not made, or was cancelled: it tells nothing; never blocks."""
        ...


class Gate(Protocol):
    """Lets calls of every model pass, or refuses them."""

    async def admit(self, call: ProposedCall) -> Pass | Refusal:
        """Decide about one call; a gate that waits does so within the deadline.

        Cancellation leaves nothing taken.
        """
        ...
