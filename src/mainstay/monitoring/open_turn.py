"""A turn that this process works on, as its spans need it."""

from dataclasses import dataclass

import mainstay.monitoring.semantics as names
from mainstay.domain.trace import Trace
from mainstay.domain.turn import Turn
from mainstay.domain.turn_trace import TurnTrace
from mainstay.monitoring.span import Link, Value
from mainstay.ports.trace_events import ReplyWritten


@dataclass(slots=True)
class OpenTurn:
    """One attempt that began and has not ended.

    Args:
        turn: the turn.
        trace: its places.
        began_ns: when the attempt did.
        calls: what it has called so far.
        provider: who served its last model call.
        reply: its reply, once that is committed.
    """

    turn: Turn
    trace: TurnTrace
    began_ns: int
    calls: int = 0
    provider: str = "anthropic"
    reply: ReplyWritten | None = None

    @property
    def first_ns(self) -> int:
        """When the turn was first claimed, by the store's clock if not just now."""
        claimed_ms = self.turn.claimed_at_ms
        if self.turn.attempt == 1 or claimed_ms is None:
            return self.began_ns
        return min(claimed_ms * 1_000_000, self.began_ns)

    def next_call(self) -> Trace:
        """Return the place of another call, below the agent."""
        self.calls += 1
        attempt = str(self.turn.attempt)
        return self.trace.agent.below("call", attempt, str(self.calls))

    def joined(self) -> tuple[Link, ...]:
        """Return links to the messages that joined the turn."""
        return tuple(link(one) for one in self.trace.joined)

    def before(self) -> tuple[Link, ...]:
        """Return a link to the attempt before this one: the one that it goes on from.

        A process that was killed has not told of its own; its place is known.
        """
        last = self.turn.attempt - 1
        if not last:
            return ()
        return (link(self.trace.attempt(last), {names.ATTEMPT: last}),)


def link(trace: Trace, attributes: dict[str, Value] | None = None) -> Link:
    """Return a link to a span."""
    ids = bytes.fromhex(trace.trace_id), bytes.fromhex(trace.span_id)
    return Link(*ids, attributes or {})
