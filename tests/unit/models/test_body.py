"""A request becomes a body that the Messages API accepts."""

import json
from decimal import Decimal

import pytest
from tests.unit.models.event_streams import MODEL, asked

from mainstay.models.body import body_of, encoded

MARK = {"type": "ephemeral"}
TOOLS = [
    {"name": name, "description": "Does it.", "input_schema": {"type": "object"}}
    for name in ("one", "two")
]
HAIKU = "claude-haiku-5-5"


def thought(model: str | None) -> dict:
    """Return a thought with a note of whose it is."""
    block = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    return {**block, "model": model} if model else block


def said(*content: dict, model: str = MODEL) -> list:
    """Return the messages sent when the assistant had said this."""
    history = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": list(content)},
        {"role": "user", "content": "And?"},
    ]
    return body_of(asked(messages=history, model=model))["messages"]


def test_the_system_prompt_is_cached():
    """The system prompt is one text block that ends a cached prefix."""
    system = body_of(asked(system="Help."))["system"]
    assert system == [{"type": "text", "text": "Help.", "cache_control": MARK}]


def test_an_empty_system_prompt_is_left_out():
    """The API refuses an empty text block."""
    assert "system" not in body_of(asked(system=""))


def test_the_last_tool_is_cached():
    """One mark behind the last tool caches them all; the request keeps its own."""
    assert body_of(asked(tools=TOOLS))["tools"] == [
        TOOLS[0],
        {**TOOLS[1], "cache_control": MARK},
    ]
    assert "cache_control" not in TOOLS[1]


def test_tools_can_be_switched_off():
    """Tools that are off are sent all the same: a history with calls needs them."""
    on, off = (body_of(asked(tools=TOOLS, use_tools=use)) for use in (True, False))
    assert off == {**on, "tool_choice": {"type": "none"}}


def test_without_tools_there_is_no_choice():
    """tool_choice without tools is a 400."""
    body = body_of(asked(use_tools=False))
    assert body.keys().isdisjoint({"tools", "tool_choice"})


@pytest.mark.parametrize(
    ("model", "thinking", "effort"),
    [
        (MODEL, {"type": "between_tools"}, {"effort": "low"}),
        (HAIKU, None, {"effort": "low"}),
        ("claude-haiku-4-5", None, None),
        ("another-model", None, None),
    ],
)
def test_only_known_models_are_told_how_to_think(model, thinking, effort):
    """A model that is not known gets no field that it might refuse."""
    body = body_of(asked(model=model))
    assert body.get("thinking") == thinking
    assert body.get("output_config") == effort


def test_nothing_else_is_sent():
    """No sampling parameters: the API refuses them."""
    assert body_of(asked(tools=TOOLS, use_tools=False)).keys() == {
        "model",
        "max_tokens",
        "stream",
        "system",
        "messages",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
    }


def test_ones_own_thoughts_are_sent_back():
    """A thought goes back as it came, without the note of whose it is."""
    text = {"type": "text", "text": "Yes."}
    for model in (MODEL, None):
        assert said(thought(model), text)[1]["content"] == [thought(None), text]


def test_others_thoughts_are_left_out():
    """What another model thought cannot be read, and is not sent."""
    redacted = {"type": "redacted_thinking", "data": "eA==", "model": HAIKU}
    text = {"type": "text", "text": "Yes."}
    assert said(thought(HAIKU), redacted, text)[1]["content"] == [text]


def test_a_message_of_nothing_is_left_out():
    """A message of which nothing is left would be refused as empty."""
    assert [m["role"] for m in said(thought(HAIKU))] == ["user", "user"]


def test_empty_texts_are_left_out():
    """A model may write an empty text, but may not be sent one."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "one", "input": {}}
    assert said({"type": "text", "text": ""}, call)[1]["content"] == [call]


def test_only_thoughts_carry_a_note():
    """A field called model in another block is the block's own, and stays."""
    call = {"type": "tool_use", "id": "t", "name": "one", "input": {}, "model": "x"}
    assert said(call)[1]["content"] == [call]


def test_contents_may_be_texts():
    """A content that is one string is passed on."""
    messages = [{"role": "assistant", "content": "Hi"}]
    assert body_of(asked(messages=messages))["messages"] == messages


def test_the_json_is_the_body():
    """What is sent is the body, with amounts as exact text."""
    result = {"type": "tool_result", "tool_use_id": "t", "content": "é🚚"}
    request = asked(
        messages=[{"role": "user", "content": [result]}],
        tools=[{**TOOLS[0], "input_schema": {"maximum": Decimal("1.10")}}],
    )
    sent = json.loads(encoded(request))
    assert sent["messages"] == [{"role": "user", "content": [result]}]
    assert sent["tools"][0]["input_schema"] == {"maximum": "1.10"}
    assert sent["stream"] is True
