"""Who may speak, and when."""

import pytest

USER = {"role": "user", "content": "Hello"}
ASSISTANT = {"role": "assistant", "content": "Hi!"}
SYSTEM = {"role": "system", "content": "A refund of 5.00 for order 1042 was made."}


async def test_an_unknown_role_is_refused(sim):
    """Three roles exist (anthropic.types.MessageParam)."""
    message = await sim.refused(messages=[{"role": "tool", "content": "Hello"}])
    assert message.startswith("messages.0.role:")


async def test_the_user_speaks_first(sim):
    """The API's words: messages: first message must use the "user" role."""
    message = await sim.refused(messages=[ASSISTANT, USER])
    assert message == 'messages: first message must use the "user" role'


async def test_a_system_message_cannot_come_first(sim):
    """Placement rules of .../build-with-claude/mid-conversation-system-messages."""
    await sim.refused(messages=[SYSTEM, USER])


async def test_a_system_message_follows_the_user(sim):
    """Placement rules of .../build-with-claude/mid-conversation-system-messages."""
    await sim.refused(messages=[USER, ASSISTANT, SYSTEM, USER])


async def test_a_system_message_is_last_or_before_the_assistant(sim):
    """Placement rules of .../build-with-claude/mid-conversation-system-messages."""
    await sim.refused(messages=[USER, SYSTEM, USER])


async def test_a_system_message_in_its_place_is_heard(sim):
    """.../build-with-claude/mid-conversation-system-messages."""
    asked = {"role": "user", "content": "Did you refund order 1042?"}
    message = await sim.said(messages=[asked, SYSTEM])
    assert "5.00" in message["content"][-1]["text"]


async def test_older_models_have_no_system_messages(sim):
    """Models before Opus 4.8 (.../mid-conversation-system-messages)."""
    message = await sim.refused(model="claude-sonnet-4-6", messages=[USER, SYSTEM])
    assert "role 'system' is not supported on this model" in message


@pytest.mark.parametrize("content", ["", [], " ", [{"type": "text", "text": ""}]])
async def test_every_message_says_something(sim, content):
    """The API's words: text content blocks must be non-empty."""
    message = await sim.refused(messages=[{"role": "user", "content": content}])
    assert "non-empty" in message


async def test_the_last_message_is_not_the_assistants(sim):
    """https://platform.claude.com/docs/en/api/errors#prefill-not-supported."""
    message = await sim.refused(messages=[USER, ASSISTANT])
    assert message.endswith("The conversation must end with a user message.")


async def test_a_model_with_prefill_takes_it(sim):
    """Only 4.6 and later models lack it (.../api/errors#prefill-not-supported)."""
    messages = [USER, ASSISTANT]
    response = await sim.post(model="claude-haiku-4-5", messages=messages)
    assert response.status_code == 200


async def test_messages_of_one_role_may_follow_each_other(sim):
    """They are combined (anthropic.types.MessageCreateParams.messages)."""
    assert (await sim.post(messages=[USER, USER])).status_code == 200
