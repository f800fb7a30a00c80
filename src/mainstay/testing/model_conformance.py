"""What every adapter of the Model port must do; run it on yours.

Subclass ``ModelConformance`` and give it a ``stage`` fixture: the model under test, and
a way to tell what stands behind it how to answer.
"""

import asyncio
import copy
from typing import Any, Literal, Protocol

import pytest

from mainstay.domain.model_call import (
    FailureKind,
    ModelFailure,
    ModelOutcome,
    ModelRequest,
)
from mainstay.domain.step import ModelStep
from mainstay.ports.model import Model

SAID = "Your order is on its way, it will be there on Monday morning."
TOOL = "look_up"
ARGS = {"order_id": "1042", "note": "a “quoted” word, \\ and 🚚"}
RETRY_AFTER_S = 7.0

Cue = Literal[
    "says",
    "calls",
    "runs_out",
    "overloaded",
    "rate_limited",
    "spent",
    "refused_key",
    "gone",
    "too_long",
    "broken_server",
    "cut",
    "stops_early",
    "garbled",
    "error_event",
    "silent",
]
"""How the other side answers the next call.

``says``: ``SAID``. ``calls``: ``TOOL`` with ``ARGS``. ``runs_out``: the same call, cut
by the token limit. ``overloaded`` to ``broken_server``: an error at once; rate_limited
asks to wait ``RETRY_AFTER_S``. ``cut`` to ``error_event`` (an overload): after a part
of ``SAID``. ``silent``: pings only.
"""

AT_ONCE: dict[Cue, FailureKind] = {
    "overloaded": "overloaded",
    "rate_limited": "rate_limited",
    "spent": "spent",
    "refused_key": "auth",
    "gone": "model_gone",
    "too_long": "too_long",
    "broken_server": "server",
}
HALFWAY: dict[Cue, FailureKind] = {
    "cut": "cut",
    "stops_early": "incomplete",
    "garbled": "garbled",
    "error_event": "overloaded",
}


class Stage(Protocol):
    """A model under test and what stands behind it."""

    @property
    def model(self) -> Model:
        """The model under test."""
        ...

    async def cue(self, cue: Cue) -> None:
        """Tell the other side how to answer every call from now on."""
        ...


def asked(**changes: Any) -> ModelRequest:
    """Return a request with one tool, but for the changes."""
    schema = {"type": "object", "properties": {"order_id": {"type": "string"}}}
    tool = {"name": TOOL, "description": "Looks an order up.", "input_schema": schema}
    given: dict[str, Any] = {
        "model": "claude-sonnet-5-5",
        "system": "You help customers.",
        "messages": [{"role": "user", "content": "Where is order 1042?"}],
        "tools": [tool],
    }
    return ModelRequest(**(given | changes))


async def called(
    stage: Stage, request: ModelRequest | None = None
) -> tuple[ModelOutcome, str]:
    """Return the outcome of a call, and the text that was passed on."""
    heard: list[str] = []
    outcome = await stage.model.call(request or asked(), heard.append)
    return outcome, "".join(heard)


class ModelConformance:
    """The contract of ``ports.Model``; each docstring is one of its sentences."""

    @pytest.mark.asyncio
    async def test_a_reply_is_passed_on_and_returned(self, stage: Stage) -> None:
        """The text comes in pieces, and whole in the response, with its tokens."""
        await stage.cue("says")
        heard: list[str] = []
        step = await stage.model.call(asked(), heard.append)
        assert isinstance(step, ModelStep)
        assert step.text == SAID
        assert "".join(heard) == SAID
        assert len(heard) > 1
        assert step.model == "claude-sonnet-5-5"
        assert step.stop_reason == "end_turn"
        assert step.usage.output_tokens > 0

    @pytest.mark.asyncio
    async def test_a_tool_call_is_returned(self, stage: Stage) -> None:
        """A tool call arrives with its name and arguments, and shows no text."""
        await stage.cue("calls")
        step, heard = await called(stage)
        assert isinstance(step, ModelStep)
        assert [(call.name, call.args) for call in step.calls] == [(TOOL, ARGS)]
        assert step.calls[0].id
        assert step.stop_reason == "tool_use"
        assert heard == ""

    @pytest.mark.asyncio
    async def test_a_truncated_call_is_no_response(self, stage: Stage) -> None:
        """A tool call that the token limit cut off is a failure: nobody can run it."""
        await stage.cue("runs_out")
        failure, _ = await called(stage, asked(max_tokens=2))
        assert isinstance(failure, ModelFailure)
        assert failure.kind == "truncated"

    @pytest.mark.asyncio
    @pytest.mark.parametrize("cue", AT_ONCE)
    async def test_an_error_is_a_value(self, stage: Stage, cue: Cue) -> None:
        """An error of the other side is a failure of its kind; nothing was shown."""
        await stage.cue(cue)
        failure, heard = await called(stage)
        assert isinstance(failure, ModelFailure)
        assert failure.kind == AT_ONCE[cue]
        assert not failure.shown
        assert heard == ""
        wait_s = RETRY_AFTER_S if cue == "rate_limited" else None
        assert failure.retry_after_s == wait_s

    @pytest.mark.asyncio
    @pytest.mark.parametrize("cue", HALFWAY)
    async def test_a_broken_reply_is_no_reply(self, stage: Stage, cue: Cue) -> None:
        """A reply that breaks off is a failure that says that text was shown."""
        await stage.cue(cue)
        failure, heard = await called(stage)
        assert isinstance(failure, ModelFailure)
        assert failure.kind == HALFWAY[cue]
        assert failure.shown
        assert heard
        assert SAID.startswith(heard)

    @pytest.mark.asyncio
    async def test_details_tell_nothing_private(self, stage: Stage) -> None:
        """A failure's detail is one line without what was said or who asked."""
        for cue in (*AT_ONCE, *HALFWAY):
            await stage.cue(cue)
            failure, _ = await called(stage)
            assert isinstance(failure, ModelFailure)
            assert failure.detail
            assert "\n" not in failure.detail
            assert "order" not in failure.detail

    @pytest.mark.asyncio
    async def test_silence_has_an_end(self, stage: Stage) -> None:
        """Without a first token in time the call is slow, however much it pings."""
        await stage.cue("silent")
        failure, _ = await called(stage, asked(first_token_s=0.1))
        assert isinstance(failure, ModelFailure)
        assert failure.kind == "slow"
        assert not failure.shown

    @pytest.mark.asyncio
    async def test_cancellation_passes_through(self, stage: Stage) -> None:
        """A cancelled call ends as cancelled, and the next one works."""
        await stage.cue("silent")
        calling = asyncio.create_task(called(stage))
        done, _ = await asyncio.wait({calling}, timeout=0.05)
        assert not done
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        await stage.cue("says")
        step, _ = await called(stage)
        assert isinstance(step, ModelStep)

    @pytest.mark.asyncio
    async def test_calls_do_not_mix(self, stage: Stage) -> None:
        """Calls at the same time each get their own reply."""
        await stage.cue("says")
        both = await asyncio.gather(*(called(stage) for _ in range(20)))
        for step, heard in both:
            assert isinstance(step, ModelStep)
            assert step.text == heard == SAID

    @pytest.mark.asyncio
    async def test_tools_can_be_off(self, stage: Stage) -> None:
        """A history with tool calls may be sent with its tools switched off."""
        await stage.cue("calls")
        question = asked().messages[0]
        step, _ = await called(stage)
        assert isinstance(step, ModelStep)
        result = {
            "type": "tool_result",
            "tool_use_id": step.calls[0].id,
            "content": "It has been shipped.",
        }
        history = [
            question,
            {"role": "assistant", "content": step.content},
            {"role": "user", "content": [result]},
        ]
        await stage.cue("says")
        reply, _ = await called(stage, asked(messages=history, use_tools=False))
        assert isinstance(reply, ModelStep)
        assert reply.text == SAID

    @pytest.mark.asyncio
    async def test_a_request_is_left_as_it_is(self, stage: Stage) -> None:
        """A call changes nothing in its request: it is used again for a retry."""
        await stage.cue("says")
        request = asked()
        before = copy.deepcopy(request)
        await called(stage, request)
        assert request == before

    @pytest.mark.asyncio
    async def test_closing_may_be_repeated(self, stage: Stage) -> None:
        """Closing twice is closing once, also before the first call."""
        await stage.model.close()
        await stage.cue("says")
        await called(stage)
        await stage.model.close()
        await stage.model.close()
