"""Definitions of tools, the choice among them, calls and their results."""

import pytest

USER = {"role": "user", "content": "Where is order 1042?"}
TOOL = {"name": "lookup_order", "input_schema": {"type": "object"}}
HAIKU = "claude-haiku-5-5"


def call(id_: str = "toolu_1") -> dict:
    """Return the assistant's message with one tool call."""
    block = {"type": "tool_use", "id": id_, "name": "lookup_order", "input": {}}
    return {"role": "assistant", "content": [block]}


def result(id_: str = "toolu_1") -> dict:
    """Return a result block."""
    return {"type": "tool_result", "tool_use_id": id_, "content": "{}"}


def answer(*blocks: dict) -> dict:
    """Return a user message of blocks."""
    return {"role": "user", "content": list(blocks)}


async def test_names_of_tools_are_unique(sim):
    """The API's words: tools: Tool names must be unique."""
    assert await sim.refused(tools=[TOOL, TOOL]) == "tools: Tool names must be unique."


async def test_names_of_tools_follow_a_pattern(sim):
    """^[a-zA-Z0-9_-]{1,128}$ (.../agents-and-tools/tool-use/define-tools)."""
    message = await sim.refused(tools=[{**TOOL, "name": "lookup order"}])
    assert "pattern" in message


@pytest.mark.parametrize("schema", [None, {"type": "array"}])
async def test_a_tool_takes_an_object(sim, schema):
    """anthropic.types.ToolParam.input_schema."""
    message = await sim.refused(tools=[{**TOOL, "input_schema": schema}])
    assert "input_schema" in message


async def test_a_choice_is_one_of_four(sim):
    """anthropic.types.ToolChoiceParam."""
    message = await sim.refused(tools=[TOOL], tool_choice={"type": "required"})
    assert "'auto', 'any', 'tool', 'none'" in message


async def test_a_choice_needs_tools(sim):
    """The API's words: tool_choice may only be specified while providing tools."""
    message = await sim.refused(tool_choice={"type": "none"})
    assert "while providing tools" in message


async def test_a_chosen_tool_is_an_offered_one(sim):
    """anthropic.types.ToolChoiceToolParam.name."""
    choice = {"type": "tool", "name": "refund"}
    off = {"type": "disabled"}
    message = await sim.refused(
        model=HAIKU, thinking=off, tools=[TOOL], tool_choice=choice
    )
    assert "'refund' not found" in message


@pytest.mark.parametrize(
    "choice", [{"type": "any"}, {"type": "tool", "name": "lookup_order"}]
)
@pytest.mark.parametrize("thinking", [None, {"type": "between_tools"}])
async def test_sonnet_cannot_be_forced(sim, choice, thinking):
    """.../whats-new-sonnet-5-5#forced-tool-use-is-not-supported."""
    message = await sim.refused(tools=[TOOL], tool_choice=choice, thinking=thinking)
    assert 'type "tool" and "any" are not supported' in message


@pytest.mark.parametrize("choice", ["any", "tool"])
async def test_who_thinks_cannot_be_forced(sim, choice):
    """.../build-with-claude/extended-thinking: auto and none only while thinking."""
    forced = {"type": choice, "name": "lookup_order"}
    message = await sim.refused(model=HAIKU, tools=[TOOL], tool_choice=forced)
    assert message.startswith("Thinking may not be enabled when tool_choice forces")


async def test_who_does_not_think_can_be_forced(sim):
    """.../agents-and-tools/tool-use/define-tools#forcing-tool-use."""
    message = await sim.said(
        model=HAIKU,
        thinking={"type": "disabled"},
        tools=[TOOL],
        tool_choice={"type": "any"},
    )
    assert [block["type"] for block in message["content"]] == ["tool_use"]


async def test_a_history_with_tools_needs_tools(sim):
    """The API's words: Requests which include `tool_use` or `tool_result` blocks."""
    message = await sim.refused(messages=[USER, call(), answer(result())])
    assert "must define tools" in message


async def test_a_history_with_tools_may_forbid_them(sim):
    """anthropic.types.ToolChoiceNoneParam: the model will not use tools."""
    message = await sim.said(
        messages=[USER, call(), answer(result())],
        tools=[TOOL],
        tool_choice={"type": "none"},
    )
    assert "tool_use" not in {block["type"] for block in message["content"]}


async def test_a_call_without_a_result_is_refused(sim):
    """.../tool-use/handle-tool-calls: each tool_use needs its tool_result."""
    message = await sim.refused(tools=[TOOL], messages=[USER, call(), USER])
    assert message.startswith("messages.1: `tool_use` ids were found without")
    assert "toolu_1" in message


async def test_a_result_must_come_in_the_very_next_message(sim):
    """.../tool-use/handle-tool-calls: immediately after."""
    messages = [USER, call(), USER, answer(result())]
    assert "immediately after" in await sim.refused(tools=[TOOL], messages=messages)


async def test_a_call_at_the_end_is_an_orphan_too(sim):
    """A model with prefill still wants the result first (handle-tool-calls)."""
    message = await sim.refused(
        model="claude-haiku-4-5", tools=[TOOL], messages=[USER, call()]
    )
    assert "without `tool_result`" in message


async def test_a_result_without_its_call_is_refused(sim):
    """.../tool-use/handle-tool-calls: a tool_use in the previous message."""
    messages = [USER, {"role": "assistant", "content": "Hm."}, answer(result())]
    message = await sim.refused(tools=[TOOL], messages=messages)
    assert message.startswith("messages.2.content.0: unexpected `tool_use_id`")


async def test_a_call_has_one_result(sim):
    """The API's words: each tool_use must have a single result."""
    messages = [USER, call(), answer(result(), result())]
    assert "single result" in await sim.refused(tools=[TOOL], messages=messages)


async def test_results_come_before_text(sim):
    """.../tool-use/handle-tool-calls: tool_result blocks first in the content."""
    text = {"type": "text", "text": "So?"}
    messages = [USER, call(), answer(text, result())]
    assert "first" in await sim.refused(tools=[TOOL], messages=messages)


async def test_ids_of_calls_are_unique(sim):
    """The API's words: `tool_use` ids must be unique."""
    messages = [USER, call(), answer(result()), call(), answer(result())]
    assert "unique" in await sim.refused(tools=[TOOL], messages=messages)


async def test_calls_are_the_assistants(sim):
    """.../tool-use/handle-tool-calls: roles of the two kinds of blocks."""
    messages = [{"role": "user", "content": call()["content"]}]
    assert "`assistant` messages" in await sim.refused(tools=[TOOL], messages=messages)


async def test_results_are_the_users(sim):
    """.../tool-use/handle-tool-calls: roles of the two kinds of blocks."""
    messages = [USER, {"role": "assistant", "content": [result()]}, USER]
    assert "`user` messages" in await sim.refused(tools=[TOOL], messages=messages)
