"""How much a request may hold, and what the cache makes of it."""

import pytest

EPHEMERAL = {"type": "ephemeral"}
LONG = "You are a kind support agent of a shop. " * 200


def system(**control: str) -> list[dict]:
    """Return a long system prompt with a breakpoint."""
    return [{"type": "text", "text": LONG, "cache_control": {**EPHEMERAL, **control}}]


async def test_a_body_over_the_limit_is_too_large(sim_with):
    """413 request_too_large (.../api/errors#request-size-limits)."""
    sim = sim_with(max_body_bytes=1_000)
    await sim.refused(413, "request_too_large", system=LONG)


async def test_a_prompt_over_the_window_is_too_long(sim_with):
    """The API's words: prompt is too long: N tokens > M maximum."""
    sim = sim_with(windows={"claude-sonnet-5-5": 1_000})
    message = await sim.refused(system=LONG)
    assert message.startswith("prompt is too long: 2")
    assert message.endswith("tokens > 1000 maximum")


async def test_there_are_four_breakpoints_at_most(sim):
    """.../build-with-claude/prompt-caching: up to 4 cache breakpoints."""
    block = {"type": "text", "text": "Hello", "cache_control": EPHEMERAL}
    message = await sim.refused(messages=[{"role": "user", "content": [block] * 5}])
    assert message.endswith("Found 5.")


async def test_the_second_call_reads_what_the_first_wrote(sim):
    """.../prompt-caching: usage of writes and reads."""
    first = (await sim.said(system=system()))["usage"]
    again = (await sim.said(system=system()))["usage"]
    assert first["cache_creation_input_tokens"] > 1_900
    assert first["cache_read_input_tokens"] == 0
    assert again["cache_read_input_tokens"] == first["cache_creation_input_tokens"]
    assert again["cache_creation_input_tokens"] == 0
    assert again["input_tokens"] == first["input_tokens"]


async def test_a_growing_conversation_reads_its_older_part(sim):
    """.../prompt-caching: a breakpoint looks back over 20 blocks."""
    hello = {"role": "user", "content": "Hello"}
    more = [hello, {"role": "assistant", "content": "Hi!"}, hello]
    first = (await sim.said(system=LONG, cache_control=EPHEMERAL))["usage"]
    then = await sim.said(system=LONG, cache_control=EPHEMERAL, messages=more)
    written = first["cache_creation_input_tokens"]
    assert then["usage"]["cache_read_input_tokens"] == written
    assert 0 < then["usage"]["cache_creation_input_tokens"] < 50


@pytest.mark.parametrize("changed", ["system", "tools", "model"])
async def test_a_changed_prefix_reads_nothing(sim, shop_tools, changed):
    """.../prompt-caching: tools, system, messages, in this order, byte for byte."""
    await sim.said(system=system(), tools=shop_tools)
    other = {"system": system(), "tools": shop_tools}
    if changed == "system":
        other["system"][0]["text"] += "!"
    elif changed == "tools":
        other["tools"] = shop_tools[1:]
    else:
        other["model"] = "claude-haiku-5-5"
    usage = (await sim.said(**other))["usage"]
    assert usage["cache_read_input_tokens"] == 0


async def test_a_short_prefix_is_not_cached(sim):
    """.../prompt-caching: 512 tokens at least, and no error below."""
    block = {"type": "text", "text": "Be kind.", "cache_control": EPHEMERAL}
    for _ in range(2):
        usage = (await sim.said(system=[block]))["usage"]
        assert usage["cache_creation_input_tokens"] == 0
        assert usage["cache_read_input_tokens"] == 0


async def test_an_entry_of_an_hour_is_counted_apart(sim):
    """anthropic.types.CacheCreation."""
    created = (await sim.said(system=system(ttl="1h")))["usage"]["cache_creation"]
    assert created["ephemeral_1h_input_tokens"] > 1_900
    assert created["ephemeral_5m_input_tokens"] == 0


async def test_an_entry_dies_of_five_minutes_without_use(sim_with):
    """.../prompt-caching: 5 minutes from the last use."""

    class Clock:
        now_s = 0.0

        def now_ms(self) -> int:
            return int(self.now_s * 1_000)

        def monotonic_s(self) -> float:
            return self.now_s

        async def sleep(self, seconds: float) -> None:
            self.now_s += seconds

    clock = Clock()
    sim = sim_with(clock=clock)
    await sim.said(system=system())
    clock.now_s = 299.0
    assert (await sim.said(system=system()))["usage"]["cache_read_input_tokens"]
    clock.now_s = 299.0 + 301.0
    assert not (await sim.said(system=system()))["usage"]["cache_read_input_tokens"]


async def test_tokens_are_counted_without_a_reply(sim):
    """POST /v1/messages/count_tokens (anthropic.types.MessageTokensCount)."""
    body = {
        "model": "claude-sonnet-5-5",
        "messages": [{"role": "user", "content": "Hello"}],
    }
    headers = {"x-api-key": "any", "anthropic-version": "2026-10-21"}
    response = await sim.http.post(
        "/v1/messages/count_tokens", json=body, headers=headers
    )
    usage = (await sim.said())["usage"]
    assert response.json() == {"input_tokens": usage["input_tokens"]}
