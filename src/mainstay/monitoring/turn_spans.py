"""Spans of the turns that this process works on."""

from collections.abc import Mapping

import mainstay.monitoring.semantics as names
from mainstay.domain.turn_trace import trace_of
from mainstay.monitoring.call_attributes import of_chat, of_dropped, of_tool
from mainstay.monitoring.content import said_by_model, said_by_tool
from mainstay.monitoring.messaging import of_wake
from mainstay.monitoring.open_turn import OpenTurn
from mainstay.monitoring.span import Value
from mainstay.monitoring.span_names import SpanNames
from mainstay.monitoring.span_writer import SpanWriter, Work
from mainstay.ports.model_events import ModelAwaited, ModelCalled
from mainstay.ports.telemetry import ToolCalled, TurnEnded
from mainstay.ports.trace_events import ModelDropped, ReplyWritten, TurnStarted

MAX_OPEN = 10_000
"""Attempts that are followed at once; a worker has far fewer."""

OVER = frozenset({"answered", "handed_off", "waiting_approval", "dead", "taken_over"})
"""Outcomes after which the turn has no other attempt."""

FAILED = frozenset({"crashed", "lease_lost"})
LAST_RESORT = 4


class TurnSpans:
    """Makes spans of the events between the start and the end of an attempt.

    Calls and replies are children of the turn's own span, which whoever ends the turn
    writes, once, and not of their attempt's: of a process that was killed, the calls
    may have been told, and never the attempt.

    Args:
        writer: writes them.
        said: what they say of this process.
    """

    def __init__(self, writer: SpanWriter, said: SpanNames) -> None:
        self._writer = writer
        self._said = said
        self._open: dict[str, OpenTurn] = {}

    def begin(self, event: TurnStarted, now_ns: int) -> None:
        """An attempt begins."""
        trace = trace_of(event.turn)
        if trace is not None:
            self._open[event.turn_id] = OpenTurn(event.turn, trace, now_ns)
            if len(self._open) > MAX_OPEN:
                del self._open[next(iter(self._open))]

    def wait(self, event: ModelAwaited, now_ns: int) -> None:
        """A model call waited for room beside the others."""
        open_ = self._open.get(event.turn_id)
        if open_ is not None:
            said: dict[str, Value] = {
                names.REQUEST_MODEL: event.model,
                names.ATTEMPT: open_.turn.attempt,
            }
            error = "" if event.outcome == "admitted" else event.outcome
            work = Work(f"await {event.model}", "internal", said, error)
            self._writer.ended(open_.next_call(), work, event.waited_ms, now_ns)

    def chat(self, event: ModelCalled, now_ns: int) -> None:
        """A model call ended."""
        open_ = self._open.get(event.turn_id)
        if open_ is None:
            return
        open_.provider = event.provider
        said = of_chat(event, open_.turn)
        if self._said.with_content:
            said |= said_by_model(event.request, event.end)
        error = "" if event.outcome == "ok" else event.outcome
        work = Work(f"{names.CHAT} {event.model}", "client", said, error)
        self._writer.ended(open_.next_call(), work, event.duration_ms, now_ns)

    def drop(self, event: ModelDropped, now_ns: int) -> None:
        """A model call was cancelled."""
        open_ = self._open.get(event.turn_id)
        if open_ is not None:
            said, name = of_dropped(event, open_.turn), f"{names.CHAT} {event.model}"
            work = Work(name, "client", said, names.CANCELLED)
            self._writer.ended(open_.next_call(), work, event.duration_ms, now_ns)

    def tool(self, event: ToolCalled, now_ns: int) -> None:
        """A tool call ended; its place was told to the tool."""
        open_ = self._open.get(event.turn_id)
        if open_ is None:
            return
        said, error = of_tool(event, open_.turn)
        if self._said.with_content:
            said |= said_by_tool(event.call, event.end)
        work = Work(f"{names.EXECUTE_TOOL} {event.tool}", "internal", said, error)
        place = open_.trace.tool(event.key, open_.turn.attempt)
        self._writer.ended(place, work, event.duration_ms, now_ns)

    def reply(self, event: ReplyWritten, now_ns: int) -> None:
        """The reply was committed."""
        open_ = self._open.get(event.turn_id)
        if open_ is not None:
            open_.reply = event
            said: dict[str, Value] = {
                names.TURN_ID: event.turn_id,
                names.OUTCOME: event.state,
                names.LEVEL: event.level,
                names.REPLY_MODEL: event.model,
                names.ESCALATED: event.escalated,
            }
            work = Work("reply", "internal", said)
            place = open_.trace.agent.below("reply")
            self._writer.ended(place, work, event.duration_ms, now_ns)

    def end(self, event: TurnEnded, now_ns: int) -> None:
        """An attempt ended, and with it perhaps the turn."""
        open_ = self._open.get(event.turn_id)
        if open_ is None or event.attempt not in (0, open_.turn.attempt):
            return  # a later attempt of this process has taken its place
        del self._open[event.turn_id]
        over = event.outcome in OVER
        if not over or open_.turn.attempt > 1:
            self._end_attempt(open_, event, now_ns)
        if over:
            self._end_agent(open_, event, now_ns)
            self._end_process(open_, now_ns)

    def _end_attempt(self, open_: OpenTurn, event: TurnEnded, now_ns: int) -> None:
        said: dict[str, Value] = {
            names.TURN_ID: event.turn_id,
            names.ATTEMPT: open_.turn.attempt,
            names.OUTCOME: event.outcome,
        }
        error = event.outcome if event.outcome in FAILED else ""
        work = Work("attempt", "internal", said, error, open_.before())
        place = open_.trace.attempt(open_.turn.attempt)
        self._writer.write(place, work, open_.began_ns, now_ns)

    def _end_agent(self, open_: OpenTurn, event: TurnEnded, now_ns: int) -> None:
        error = names.NO_MODEL if event.level == LAST_RESORT else ""
        if event.outcome == "dead":
            error = event.outcome
        name = f"{names.INVOKE_AGENT} {self._said.agent}"
        work = Work(name, "internal", self._of_agent(open_, event), error)
        self._writer.write(open_.trace.agent, work, open_.first_ns, now_ns)

    def _end_process(self, open_: OpenTurn, now_ns: int) -> None:
        turn = open_.turn
        said = of_wake(self._said, names.PROCESS, turn.conversation_id)
        said |= {names.TURN_ID: turn.id, names.ATTEMPT: turn.attempt}
        name = f"{names.PROCESS} {self._said.destination}"
        work = Work(name, "consumer", said, "", open_.joined(), remote=True)
        self._writer.write(open_.trace.process, work, open_.first_ns, now_ns)

    def _of_agent(self, open_: OpenTurn, event: TurnEnded) -> Mapping[str, Value]:
        turn, reply = open_.turn, open_.reply
        said: dict[str, Value] = {
            names.OPERATION: names.INVOKE_AGENT,
            names.PROVIDER: names.PROVIDERS.get(open_.provider, open_.provider),
            names.AGENT_NAME: self._said.agent,
            names.CONVERSATION_ID: turn.conversation_id,
            names.TURN_ID: turn.id,
            names.ATTEMPT: turn.attempt,
            names.OUTCOME: event.outcome,
            names.HELD: turn.held_at_ms is not None,
        }
        if reply is not None:
            usage = reply.usage
            read = usage.input_tokens + usage.cache_read_tokens
            said |= {
                names.LEVEL: reply.level,
                names.ESCALATED: reply.escalated,
                names.INPUT_TOKENS: read + usage.cache_write_tokens,
                names.OUTPUT_TOKENS: usage.output_tokens,
                names.COST_USD: reply.cost_usd,
            }
        return said
