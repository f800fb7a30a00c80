"""The spans of a turn: whole, in order, and each below its own."""

from collections.abc import Generator
from io import StringIO
from pathlib import Path

import pytest
from tests.unit.monitoring.span_world import SENT, Kept, spans, texts, traced_world

from mainstay.domain.model_call import ModelFailure, ModelRequest
from mainstay.domain.reply import Reply
from mainstay.domain.step import ToolCall, Usage
from mainstay.domain.trace import Trace
from mainstay.domain.turn import Turn
from mainstay.domain.turn_trace import trace_of
from mainstay.monitoring.span import Span
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.correlation import SPAN
from mainstay.ports.model_events import ModelCalled
from mainstay.ports.telemetry import Held, ToolCalled, TurnEnded
from mainstay.ports.tools import ToolDone, ToolDoubt, ToolRefused
from mainstay.ports.trace_events import ModelDropped, ReplyWritten, TurnStarted
from mainstay.system.clock import SystemClock
from mainstay.testing.scripted_model import ScriptedModel, calls, says
from mainstay.testing.world import World

QUESTION, ANSWER = "a question of mine", "an answer to it"


@pytest.fixture(autouse=True)
def _alone() -> Generator[None]:
    """Let no other test's log lines name the spans of this one."""
    token = SPAN.set(("", ""))
    yield
    SPAN.reset(token)


def turn(attempt: int = 1, trace: str | None = SENT.text) -> Turn:
    """Return a turn as claimed."""
    at = (1_700_000_000_000, 1_700_000_028_000)
    return Turn("turn_1", "c", 1, 1, "running", attempt, 1, *at, None, None, 5, trace)


def below(span: Span, other: Span) -> bool:
    """Tell whether a span is a child of the other."""
    return span.parent_id == other.span_id and span.trace_id == other.trace_id


async def said(world: World, trace: Trace | None = SENT) -> Reply | None:
    """Say something, and wait until the turn has ended."""
    talk = await world.open()
    accepted = await world.say(talk.id, QUESTION, trace=trace)
    reply = await world.reply(accepted)
    await world.stop_worker()
    return reply


async def test_a_turn_is_one_tree(tmp_path: Path) -> None:
    """Work, agent, both model calls, the tool between them, the reply."""
    kept = Kept()
    model = ScriptedModel(calls("look"), says(ANSWER), clock=SystemClock())
    async with traced_world(tmp_path, model, kept).living() as world:
        assert await said(world) is not None
        context = world.tools.seen[0].context  # type: ignore[attr-defined]
    work, agent = kept.one("process"), kept.one("invoke_agent World")
    first, second = kept.named("chat primary")
    tool, reply = kept.one("execute_tool look"), kept.one("reply")
    assert work.parent_id.hex() == SENT.span_id
    assert below(agent, work)
    assert all(below(span, agent) for span in (first, second, tool, reply))
    assert [span.kind for span in (work, agent, first, tool, reply)] == [
        *("consumer", "internal", "client", "internal", "internal")
    ]
    assert len(kept.spans) == len({span.span_id for span in kept.spans}) == 6
    ends = [span.end_ns for span in (first, tool, second, reply, agent)]
    assert ends == sorted(ends)
    assert all(agent.start_ns <= span.start_ns <= span.end_ns for span in kept.spans)
    assert {span.state for span in kept.spans} == {"vendor=1"}
    assert context.traceparent == f"00-{SENT.trace_id}-{tool.span_id.hex()}-01"
    assert context.tracestate == "vendor=1"


async def test_spans_say_what_the_conventions_ask_for(tmp_path: Path) -> None:
    """Names and figures; nothing that anybody said."""
    kept = Kept()
    model = ScriptedModel(calls("look"), says(ANSWER), clock=SystemClock())
    async with traced_world(tmp_path, model, kept).living() as world:
        await said(world)
    first = kept.named("chat primary")[0].attributes
    assert first["gen_ai.operation.name"] == "chat"
    assert first["gen_ai.provider.name"] == "anthropic"
    assert first["gen_ai.request.model"] == first["gen_ai.response.model"] == "primary"
    assert first["gen_ai.response.finish_reasons"] == ["tool_use"]
    assert first["gen_ai.usage.input_tokens"] == 10
    agent = kept.one("invoke_agent").attributes
    assert agent["gen_ai.agent.name"] == "World"
    assert agent["gen_ai.usage.output_tokens"] == 5 + len(ANSWER.split())
    assert (agent["mainstay.reply.level"], agent["mainstay.turn.outcome"]) == (
        *(0, "answered"),
    )
    tool = kept.one("execute_tool").attributes
    assert (tool["gen_ai.tool.name"], tool["gen_ai.tool.call.id"]) == (
        *("look", "toolu_1"),
    )
    assert QUESTION not in texts(kept.spans)
    assert ANSWER not in texts(kept.spans)


async def test_content_is_there_where_it_is_asked_for(tmp_path: Path) -> None:
    """Instructions, messages, arguments and results, in the conventions' forms."""
    kept = Kept()
    model = ScriptedModel(calls("look"), says(ANSWER), clock=SystemClock())
    async with traced_world(tmp_path, model, kept, content=True).living() as world:
        await said(world)
    first, second = (span.attributes for span in kept.named("chat primary"))
    assert QUESTION in str(first["gen_ai.input.messages"])
    assert '"type": "tool_call"' in str(first["gen_ai.output.messages"])
    assert '"type": "tool_call_response"' in str(second["gen_ai.input.messages"])
    assert ANSWER in str(second["gen_ai.output.messages"])
    assert "Help." in str(second["gen_ai.system_instructions"])
    tool = kept.one("execute_tool").attributes
    assert tool["gen_ai.tool.call.arguments"] == "{}"
    assert tool["gen_ai.tool.call.result"] == '"there"'


async def test_a_retry_is_a_call_of_its_own(tmp_path: Path) -> None:
    """The one that failed says how."""
    kept = Kept()
    failed = ModelFailure("server", "HTTP 500")
    model = ScriptedModel(failed, says(ANSWER), clock=SystemClock())
    async with traced_world(tmp_path, model, kept).living() as world:
        await said(world)
    first, second = kept.named("chat primary")
    assert (first.status, first.attributes["error.type"]) == ("error", "server")
    assert second.status == "unset"
    assert kept.one("invoke_agent").status == "unset"


async def test_a_tool_at_fault_is_an_error_and_a_refusal_is_none(
    tmp_path: Path,
) -> None:
    """As the tool's breaker sees it."""
    ends = (
        (ToolRefused("no"), None),
        (ToolRefused("broke", fault=True), "fault"),
        (ToolDoubt("?"), "in_doubt"),
    )
    for n, (outcome, error) in enumerate(ends):
        kept, folder = Kept(), tmp_path / str(n)
        model = ScriptedModel(calls("look"), says(ANSWER), clock=SystemClock())
        async with traced_world(folder, model, kept, outcome).living() as world:
            await said(world)
        assert kept.one("execute_tool").attributes.get("error.type") == error


async def test_what_is_not_sampled_leaves_no_span(tmp_path: Path) -> None:
    """Nor does a turn without a trace; a tool is told all the same."""
    kept = Kept()
    model = ScriptedModel(calls("look"), says(ANSWER), clock=SystemClock())
    unsampled = Trace(SENT.trace_id, SENT.span_id, sampled=False)
    async with traced_world(tmp_path, model, kept).living() as world:
        await said(world, unsampled)
        context = world.tools.seen[0].context  # type: ignore[attr-defined]
        await world.start_worker()
        await said(world, None)
    assert context.traceparent.endswith("-00")
    assert kept.spans == []


def test_an_attempt_that_goes_on_from_another_says_so() -> None:
    """A link to the one before, whose process may have died without a word."""
    kept = Kept()
    takes = spans(kept)
    takes.take(TurnStarted("turn_1", 2, turn(2)))
    takes.take(TurnEnded("turn_1", "answered", 0, 10.0))
    trace = trace_of(turn())
    assert trace is not None
    attempt, agent = kept.one("attempt"), kept.one("invoke_agent")
    assert below(attempt, agent)
    [link] = attempt.links
    assert link.span_id.hex() == trace.attempt(1).span_id
    assert link.attributes == {"mainstay.turn.attempt": 1}
    assert agent.start_ns == 5_000_000, "when the turn was first claimed"


def test_an_attempt_that_does_not_end_the_turn_ends_nothing_else() -> None:
    """Its own span tells; the turn's come from whoever ends it, once."""
    for outcome, status in (("put_off", "unset"), ("lease_lost", "error")):
        kept = Kept()
        takes = spans(kept)
        takes.take(TurnStarted("turn_1", 1, turn()))
        takes.take(ModelCalled("turn_1", "m", "ok", 5.0))
        takes.take(TurnEnded("turn_1", outcome, None, 10.0))
        assert [span.name for span in kept.spans] == ["chat m", "attempt"]
        assert kept.one("attempt").status == status
        takes.take(TurnStarted("turn_1", 2, turn(2)))
        takes.take(TurnEnded("turn_1", "answered", 0, 10.0))
        assert below(kept.one("chat"), kept.one("invoke_agent"))


def test_an_attempt_that_this_process_won_anew_is_not_ended_by_the_old_one() -> None:
    """Its lease had ended unnoticed; the same process claimed the turn again."""
    kept = Kept()
    takes = spans(kept)
    takes.take(TurnStarted("turn_1", 1, turn(1)))
    takes.take(TurnStarted("turn_1", 2, turn(2)))
    takes.take(TurnEnded("turn_1", "given_back", None, 10.0, attempt=1))
    assert kept.spans == []
    takes.take(TurnEnded("turn_1", "answered", 0, 10.0, attempt=2))
    assert len(kept.named("invoke_agent")) == len(kept.named("process")) == 1


def test_calls_of_two_attempts_are_two_spans() -> None:
    """Though they are counted anew."""
    kept = Kept()
    takes = spans(kept)
    for attempt in (1, 2):
        takes.take(TurnStarted("turn_1", attempt, turn(attempt)))
        takes.take(ModelCalled("turn_1", "m", "ok", 5.0))
        takes.take(TurnEnded("turn_1", "put_off", None, 10.0))
    assert len({span.span_id for span in kept.spans}) == 4


def test_a_hedge_is_two_calls_side_by_side() -> None:
    """The one that lost was cancelled; which was the second, both say."""
    kept = Kept()
    takes = spans(kept)
    takes.take(TurnStarted("turn_1", 1, turn()))
    takes.take(ModelDropped("turn_1", "m", 3_000.0))
    takes.take(ModelCalled("turn_1", "m", "ok", 500.0, second=True))
    lost, won = kept.named("chat m")
    assert (lost.attributes["error.type"], won.status) == ("cancelled", "unset")
    assert won.attributes["mainstay.call.second"] is True
    assert "mainstay.call.second" not in lost.attributes
    assert lost.start_ns < won.start_ns


def test_a_holding_reply_is_part_of_the_trace() -> None:
    """Whoever sends it; below the agent that did not answer in time."""
    kept = Kept()
    spans(kept).take(Held("turn_1", 2.0, turn(0)))
    trace = trace_of(turn())
    assert trace is not None
    held = kept.one("holding reply")
    assert held.parent_id.hex() == trace.agent.span_id
    assert held.attributes["mainstay.escalated"] is True
    spans(kept).take(Held("turn_1", 2.0, turn(0, None)))
    assert len(kept.spans) == 1


def test_a_last_resort_is_an_error_of_the_agent() -> None:
    """Level 4 and a dead turn; a handoff is none."""
    ends = (("answered", 4, "no_model"), ("dead", 4, "dead"), ("handed_off", 0, None))
    for outcome, level, error in ends:
        kept = Kept()
        takes = spans(kept)
        takes.take(TurnStarted("turn_1", 1, turn()))
        written = ReplyWritten(
            *("turn_1", outcome, level, "none", 1.0, True, Usage(1, 2, 3, 4), 0.5)
        )
        takes.take(written)
        takes.take(TurnEnded("turn_1", outcome, level, 10.0))
        agent = kept.one("invoke_agent").attributes
        assert agent.get("error.type") == error
        assert agent["gen_ai.usage.input_tokens"] == 1 + 3 + 4
        assert kept.one("reply").attributes["mainstay.turn.outcome"] == outcome


def test_a_burst_links_the_messages_that_joined() -> None:
    """The first message's trace is the turn's; the others lead to it."""
    kept = Kept()
    takes = spans(kept)
    joined = Trace("b" * 32, "3" * 16, sampled=True)
    both = turn(trace=f"{SENT.text}\n{joined.traceparent}")
    takes.take(TurnStarted("turn_1", 1, both))
    takes.take(TurnEnded("turn_1", "answered", 0, 10.0))
    [link] = kept.one("process").links
    assert (link.trace_id.hex(), link.span_id.hex()) == (
        *(joined.trace_id, joined.span_id),
    )


def test_what_never_ends_is_forgotten_in_the_end() -> None:
    """Attempts whose end nobody told do not pile up."""
    kept = Kept()
    takes = spans(kept)
    for n in range(10_001):
        takes.take(TurnStarted(f"turn_{n}", 1, turn()))
    takes.take(ModelCalled("turn_0", "m", "ok", 5.0))
    takes.take(ModelCalled("turn_10000", "m", "ok", 5.0))
    assert len(kept.spans) == 1


def test_a_span_that_cannot_be_made_fails_no_turn() -> None:
    """It is counted as a trouble; the event's own count and line are there."""
    stream = StringIO()
    monitoring = Monitoring("DEBUG", as_json=True, stream=stream)
    monitoring.trace_by(spans(Kept(), content=True))
    monitoring.emit(TurnStarted("turn_1", 1, turn()))
    done = ToolDone({("no", "name"): "of JSON"})
    monitoring.emit(ToolCalled("turn_1", "look", "ToolDone", 1.0, "k", None, done))
    page = monitoring.render().decode()
    assert 'mainstay_tool_calls_total{outcome="ToolDone",tool="look"} 1.0' in page
    assert 'mainstay_troubles_total{where="telemetry"} 1.0' in page
    assert "tool.called" in stream.getvalue()


def test_a_request_is_never_in_the_log() -> None:
    """What events hold for spans alone, a log line leaves out."""
    stream = StringIO()
    monitoring = Monitoring("DEBUG", as_json=True, stream=stream)
    request = ModelRequest("m", "Help.", [{"role": "user", "content": QUESTION}])
    end = says(ANSWER)
    monitoring.emit(ModelCalled("turn_1", "m", "ok", 5.0, request=request, end=end))
    call = ToolCall("toolu_1", "look", {"what": QUESTION})
    done = ToolDone(ANSWER)
    monitoring.emit(ToolCalled("turn_1", "look", "ToolDone", 1.0, "k", call, done))
    monitoring.emit(Held("turn_1", 2.0, turn()))
    assert "turn.held" in stream.getvalue()
    for word in (QUESTION, ANSWER, "Help.", SENT.text):
        assert word not in stream.getvalue()
