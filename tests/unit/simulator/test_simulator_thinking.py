"""How models may think, and thinking blocks that come back."""

import pytest

BETWEEN = {"type": "between_tools"}
QUESTION = {"role": "user", "content": "Where is order 1042?"}
HAIKU = "claude-haiku-5-5"


def result(message: dict) -> dict:
    """Return the user message with results of all calls of a message."""
    calls = [b for b in message["content"] if b["type"] == "tool_use"]
    return {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": c["id"], "content": "{}"}
            for c in calls
        ],
    }


def turn(message: dict) -> dict:
    """Return a reply as a message of the history."""
    return {"role": "assistant", "content": message["content"]}


async def test_sonnet_cannot_turn_thinking_off(sim):
    """.../whats-new-sonnet-5-5#turn-off-up-front-thinking: between_tools instead."""
    message = await sim.refused(thinking={"type": "disabled"})
    assert "thinking.type.between_tools" in message


async def test_opus_has_no_between_tools(sim):
    """anthropic.types.ThinkingTypes.between_tools: false where it gets a 400."""
    await sim.refused(model="claude-opus-5-5", thinking=BETWEEN)


async def test_newer_models_have_no_budgets(sim):
    """https://platform.claude.com/docs/en/api/errors#common-validation-errors."""
    budget = {"type": "enabled", "budget_tokens": 2_000}
    message = await sim.refused(thinking=budget, max_tokens=4_000)
    assert '"thinking.type.enabled" is not supported' in message


async def test_older_models_have_no_adaptive_thinking(sim):
    """https://platform.claude.com/docs/en/api/errors#common-validation-errors."""
    message = await sim.refused(model="claude-haiku-4-5", thinking={"type": "adaptive"})
    assert message == "adaptive thinking is not supported on this model"


@pytest.mark.parametrize(("budget", "word"), [(100, "1024"), (4_000, "max_tokens")])
async def test_a_budget_has_a_range(sim, budget, word):
    """At least 1,024, less than max_tokens (types.ThinkingConfigEnabledParam)."""
    message = await sim.refused(
        model="claude-haiku-4-5",
        thinking={"type": "enabled", "budget_tokens": budget},
        max_tokens=4_000,
    )
    assert word in message


async def test_a_great_effort_needs_adaptive_thinking(sim):
    """.../whats-new-sonnet-5-5: between_tools goes with low, medium and high."""
    await sim.refused(thinking=BETWEEN, output_config={"effort": "max"})
    response = await sim.post(thinking=BETWEEN, output_config={"effort": "high"})
    assert response.status_code == 200


async def test_structured_outputs_are_refused_rather_than_ignored(sim):
    """output_config.format is not simulated (anthropic.types.OutputConfigParam)."""
    message = await sim.refused(output_config={"format": {"type": "json_schema"}})
    assert "does not play" in message


async def test_thinking_is_on_by_default_and_its_text_is_left_out(sim):
    """.../whats-new-haiku-5-5: replies may begin with thinking, without its text."""
    first = (await sim.said(model=HAIKU))["content"][0]
    assert (first["type"], first["thinking"]) == ("thinking", "")
    assert first["signature"]


async def test_thinking_is_shown_when_asked_for(sim):
    """anthropic.types.ThinkingConfigAdaptiveParam.display."""
    thinking = {"type": "adaptive", "display": "summarized"}
    first = (await sim.said(thinking=thinking))["content"][0]
    assert first["thinking"]


async def test_between_tools_thinks_before_a_call_only(sim, shop_tools):
    """anthropic.types.ThinkingTypes.between_tools."""
    plain = await sim.said(thinking=BETWEEN)
    assert [b["type"] for b in plain["content"]] == ["text"]
    called = await sim.said(thinking=BETWEEN, tools=shop_tools, messages=[QUESTION])
    assert [b["type"] for b in called["content"]] == ["thinking", "tool_use"]
    assert called["content"][0]["thinking"]


async def test_thinking_blocks_come_back_unchanged(sim, shop_tools):
    """anthropic.types.ThinkingBlockParam: unmodified, in the original order."""
    call = await sim.said(thinking=BETWEEN, tools=shop_tools, messages=[QUESTION])
    history = [QUESTION, turn(call), result(call)]
    await sim.said(thinking=BETWEEN, tools=shop_tools, messages=history)


async def test_an_edited_thinking_block_is_refused(sim, shop_tools):
    """.../api/errors#common-validation-errors: blocks cannot be modified."""
    call = await sim.said(thinking=BETWEEN, tools=shop_tools, messages=[QUESTION])
    call["content"][0]["thinking"] = "I edit this."
    history = [QUESTION, turn(call), result(call)]
    message = await sim.refused(tools=shop_tools, messages=history)
    assert "cannot be modified" in message


async def test_a_made_up_signature_is_refused(sim, shop_tools):
    """The API's words: Invalid `signature` in `thinking` block."""
    call = await sim.said(thinking=BETWEEN, tools=shop_tools, messages=[QUESTION])
    call["content"][0]["signature"] = "AAAA"
    history = [QUESTION, turn(call), result(call)]
    message = await sim.refused(tools=shop_tools, messages=history)
    assert "messages.1.content.0: Invalid `signature`" in message


async def test_another_models_thinking_is_refused(sim, shop_tools):
    """One model cannot read another's (.../build-with-claude/preserved-thinking)."""
    call = await sim.said(thinking=BETWEEN, tools=shop_tools, messages=[QUESTION])
    history = [QUESTION, turn(call), result(call)]
    message = await sim.refused(model=HAIKU, tools=shop_tools, messages=history)
    assert "claude-sonnet-5-5" in message


async def test_another_models_thinking_can_be_dropped_as_the_api_does(
    sim_with, shop_tools
):
    """.../preserved-thinking: "the API drops it from that request without an error"."""
    sim = sim_with(foreign_thinking="drop")
    call = await sim.said(thinking=BETWEEN, tools=shop_tools, messages=[QUESTION])
    history = [QUESTION, turn(call), result(call)]
    await sim.said(model=HAIKU, tools=shop_tools, messages=history)


@pytest.mark.parametrize("changed", ["system", "tools", "message"])
async def test_thinking_is_bound_to_what_came_before_it(sim, shop_tools, changed):
    """.../preserved-thinking: nothing before the thinking block may have changed."""
    first = {"system": "Be kind.", "tools": shop_tools}
    call = await sim.said(thinking=BETWEEN, messages=[QUESTION], **first)
    history = [QUESTION, turn(call), result(call)]
    if changed == "system":
        first["system"] = "Be kind. A refund was made."
    elif changed == "tools":
        first["tools"] = shop_tools[:3]
    else:
        history[0] = {"role": "user", "content": "Where is order 1042, please?"}
    message = await sim.refused(thinking=BETWEEN, messages=history, **first)
    assert "bound to a different conversation" in message


async def test_cache_markers_and_effort_do_not_change_the_prefix(sim, shop_tools):
    """.../whats-new-fable-5-1: moving cache_control markers keeps blocks valid."""
    call = await sim.said(thinking=BETWEEN, tools=shop_tools, messages=[QUESTION])
    marked = {"type": "text", "text": QUESTION["content"]}
    marked["cache_control"] = {"type": "ephemeral"}
    history = [{"role": "user", "content": [marked]}, turn(call), result(call)]
    await sim.said(
        thinking=BETWEEN,
        tools=shop_tools,
        messages=history,
        tool_choice={"type": "none"},
        output_config={"effort": "low"},
    )


async def test_a_leading_run_may_be_left_out_but_no_block_between(sim, shop_tools):
    """.../whats-new-fable-5-1: oldest first is allowed, from the middle is not."""
    history = [QUESTION]
    lookup = {"tool_use": [{"name": "lookup_order", "input": {"order_id": "1"}}]}
    await sim.control("PUT", "/script", {"*": [lookup] * 3})
    for _ in range(3):
        call = await sim.said(thinking=BETWEEN, tools=shop_tools, messages=history)
        history += [turn(call), result(call)]

    def without(*places: int) -> list[dict]:
        return [
            {**m, "content": m["content"][1:]} if i in places else m
            for i, m in enumerate(history)
        ]

    await sim.said(thinking=BETWEEN, tools=shop_tools, messages=without(1, 3))
    message = await sim.refused(tools=shop_tools, messages=without(3))
    assert "bound to a different conversation" in message
