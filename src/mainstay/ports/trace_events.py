"""Events for spans alone: they are neither logged nor counted."""

from dataclasses import dataclass

from mainstay.domain.reply import Level
from mainstay.domain.step import FIRST_PARTY, Usage
from mainstay.domain.trace import Trace
from mainstay.domain.turn import Turn
from mainstay.ports.tools import ToolOutcome


@dataclass(slots=True)
class RequestTraced:
    """An HTTP request of a sampled trace was answered.

    Args:
        method: the HTTP method.
        route: the route's template, "" when none matched.
        path: what was asked for.
        status: the HTTP status; 0 when the client left before there was one.
        duration_ms: from its head to the end of its answer.
        request_id: its id.
        turn_id: the turn that its message is part of, or "".
        trace: its place.
    """

    method: str
    route: str
    path: str
    status: int
    duration_ms: float
    request_id: str
    turn_id: str
    trace: Trace


@dataclass(slots=True)
class WakeSent:
    """A message's wake was handed to the queue, or could not be.

    Args:
        conversation_id: whose.
        duration_ms: what that took.
        error: what went wrong, the type of an exception, or "".
        trace: its place.
    """

    conversation_id: str
    duration_ms: float
    error: str
    trace: Trace


@dataclass(slots=True)
class TurnStarted:
    """A worker begins an attempt at a turn.

    Args:
        attempt: how often it was claimed, this claim included.
        turn: the turn.
    """

    turn_id: str
    attempt: int
    turn: Turn


@dataclass(slots=True)
class ModelDropped:
    """A model call was cancelled: the other one beside it won, or its turn was ended.

    Args:
        second: whether it was the second call beside a late first one.
    """

    turn_id: str
    model: str
    duration_ms: float
    provider: str = FIRST_PARTY
    second: bool = False


@dataclass(slots=True)
class ToolServed:
    """The tool service ran a call for a worker whose trace is sampled.

    Args:
        turn_id: for which turn.
        tool: its name on the wire.
        outcome: what came of it, as ``ToolCalled`` has it.
        duration_ms: what it took.
        end: the same.
        trace: its place.
    """

    turn_id: str
    tool: str
    outcome: str
    duration_ms: float
    end: ToolOutcome | None
    trace: Trace


@dataclass(slots=True)
class ReplyWritten:
    """The reply of a turn was committed: from now on the customer can see it.

    Args:
        state: the turn's.
        level: how the reply was made.
        model: which model made it, ``cache`` or ``none``.
        duration_ms: what the commit took.
        escalated: whether a human should look.
        usage: the tokens of the whole turn.
        cost_usd: their price, US dollars.
    """

    turn_id: str
    state: str
    level: Level
    model: str
    duration_ms: float
    escalated: bool
    usage: Usage
    cost_usd: float


TraceEvent = (
    RequestTraced | WakeSent | TurnStarted | ModelDropped | ToolServed | ReplyWritten
)
