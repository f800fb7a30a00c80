"""The trace of a turn: from the message that began it to the reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mainstay.domain.trace import AGAIN, TRACEPARENT_LENGTH, Trace, of_text
from mainstay.domain.turn import Turn

SAMPLED_AT = TRACEPARENT_LENGTH - 1


@dataclass(frozen=True, slots=True)
class TurnTrace:
    """The places of a turn's spans, the same in each process that works on it.

    Args:
        sent: the wake of the message that began the turn.
        joined: the wakes of messages that joined it while it waited.
        process: the work on the turn, over all its attempts.
        agent: the same as the agent's; what it calls is below.
    """

    sent: Trace
    joined: Sequence[Trace]
    process: Trace
    agent: Trace

    def attempt(self, number: int) -> Trace:
        """Return one attempt, below the agent."""
        return self.agent.below("attempt", str(number))

    def tool(self, key: str, attempt: int) -> Trace:
        """Return a tool call by its idempotency key, in one attempt."""
        return self.agent.below("tool", key, str(attempt))


def trace_of(turn: Turn) -> TurnTrace | None:
    """Return the trace of a turn whose spans are kept; None of another."""
    if turn.trace is None or turn.trace[SAMPLED_AT] != "1":
        return None
    return _places(turn.id, turn.trace)


@lru_cache(maxsize=256)
def _places(turn_id: str, text: str) -> TurnTrace:
    """Return the places, which are asked for some times while a turn runs."""
    first, *more = text.split("\n")
    sent = of_text(first)
    # A redriven turn ends once more, and its spans of then must not be these.
    process = sent.below("process", turn_id, str(more.count(AGAIN)))
    joined = tuple(of_text(line) for line in more if line != AGAIN)
    return TurnTrace(sent, joined, process, process.below("agent"))


def tool_of(turn: Turn, key: str) -> Trace | None:
    """Return what a tool is told that is called now; None without a trace.

    Of one that is not kept, the place of its message will do.
    """
    if turn.trace is None:
        return None
    trace = trace_of(turn)
    if trace is None:
        return of_text(turn.trace.partition("\n")[0])
    return trace.tool(key, turn.attempt)
