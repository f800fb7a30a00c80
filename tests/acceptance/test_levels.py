"""Each level is reached through a real fault, over HTTP, and says how it was made."""

from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import FALLBACK, PRIMARY, Server, StandIn, serving

DOWN = {"status": 529, "error_type": "overloaded_error"}
SILENT = {"pings_only": True, "times": 1}
REFUND = {"tool_use": [{"name": "refund_order", "input": {"order_id": "1042"}}]}
ASKED = "I want a refund for order 1042"


def made_by(reply: Any) -> tuple[int, str, bool]:
    """Return how a reply says it was made."""
    assert set(reply) == {"response", "model", "tools_enabled", "fallback_level"}
    return reply["fallback_level"], reply["model"], reply["tools_enabled"]


def test_level_0_is_the_primary_with_tools(server: Server) -> None:
    """Without a fault the primary answers, tools on."""
    reply = server.ask("Where is order 1042?")
    assert made_by(reply) == (0, PRIMARY, True)
    assert "1042" in reply["response"]


def test_level_1_is_the_primary_without_tools(
    server: Server, stand_in: StandIn
) -> None:
    """A primary that was silent for too long is asked for words alone."""
    stand_in.fail(primary=SILENT)
    assert made_by(server.ask("Hello, who are you?")) == (1, PRIMARY, False)
    calls = stand_in.control("GET", "/calls")["calls"]
    assert calls[-1]["tool_choice"] == "none"


def test_level_2_is_the_fallback_model(server: Server, stand_in: StandIn) -> None:
    """While the primary is overloaded the other model answers, without tool calls."""
    stand_in.fail(primary=DOWN)
    assert made_by(server.ask("Hello, who are you?")) == (2, FALLBACK, False)


def test_level_3_is_a_help_article(server: Server, stand_in: StandIn) -> None:
    """Without any model a fitting article answers."""
    stand_in.fail(every=DOWN)
    reply = server.ask("How do I return something?")
    assert made_by(reply) == (3, "cache", False)
    assert "30 days" in reply["response"]


def test_level_4_never_fails_and_the_ai_stays_the_owner(
    server: Server, stand_in: StandIn
) -> None:
    """What no level can answer is said, escalated, and level 0 is back after it."""
    stand_in.fail(every=DOWN)
    talk = server.open()
    first = server.say(talk, "My cat ate my left shoe")["reply"]
    assert made_by(first) == (4, "none", False)
    assert "support@fernweh.example" in first["response"]
    assert server.call("GET", f"/v1/conversations/{talk}")[1]["owner"] == "ai"
    assert len(server.call("GET", "/v1/escalations")[1]["escalations"]) == 1
    stand_in.heal()
    assert made_by(server.say(talk, "Where is order 1042?")["reply"])[0] == 0


def test_a_fallback_that_is_switched_off_is_skipped(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """FALLBACK_ENABLED=false goes from the primary to level 3."""
    stand_in.fail(primary=DOWN)
    with serving(tmp_path / "d", stand_in.address, FALLBACK_ENABLED="false") as server:
        assert made_by(server.ask("How do I return something?"))[0] == 3
        models = stand_in.control("GET", "/calls")["per_model"]
        assert FALLBACK not in models


@pytest.mark.parametrize(
    ("faults", "level"),
    [
        ({"primary": {**SILENT, "when": "after_tool"}}, 1),
        ({"primary": {**DOWN, "when": "after_tool"}}, 2),
        ({"every": {**DOWN, "when": "after_tool"}}, 4),
    ],
)
def test_a_refund_is_named_on_every_lower_level(
    server: Server, stand_in: StandIn, faults: Any, level: int
) -> None:
    """Made on level 0 before the model fails, it is told by whoever speaks after."""
    stand_in.control("PUT", "/script", {PRIMARY: [REFUND]})
    stand_in.fail(**faults)
    talk = server.open()
    reply = server.say(talk, "How do I return something? " + ASKED)["reply"]
    assert reply["fallback_level"] == level, reply
    assert "59.90" in reply["response"]
    assert "1042" in reply["response"]
    _, said, _ = server.call("GET", f"/v1/conversations/{talk}/messages")
    turn = server.call("GET", f"/v1/turns/{said['messages'][0]['turn_id']}")[1]
    assert [effect["state"] for effect in turn["effects"]] == ["committed"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "error_type": "invalid_request_error"},
        {"status": 401, "error_type": "authentication_error"},
        {"status": 404, "error_type": "not_found_error"},
        {"status": 429, "error_type": "rate_limit_error", "retry_after": 120},
        {"status": 500, "error_type": "api_error"},
        {"error_event": "overloaded_error"},
        {"cut_stream_after": 4},
        {"end_without_stop": True},
        {"broken_json": True},
    ],
)
def test_every_fault_ends_in_a_reply(
    server: Server, stand_in: StandIn, fault: dict[str, Any]
) -> None:
    """Whatever the primary does, the customer hears back, truly labelled."""
    stand_in.fail(primary=fault)
    reply = server.ask("Where is order 1042?")
    level, model, tools = made_by(reply)
    assert level in {2, 3, 4}
    assert (model, tools) == ({2: FALLBACK, 3: "cache", 4: "none"}[level], False)


def test_an_open_breaker_spares_the_model(server: Server, stand_in: StandIn) -> None:
    """Five failures in a row open it; then no call is made for a while."""
    stand_in.fail(primary=DOWN)
    for _ in range(5):
        assert server.ask("Hello, who are you?")["fallback_level"] == 2
    breakers = server.call("GET", "/v1/admin/breakers")[1]["breakers"]
    states = {b["name"]: b["state"] for b in breakers}
    assert states[f"anthropic/main/{PRIMARY}"] == "open"
    before = stand_in.calls_of(PRIMARY)
    assert server.ask("Hello, who are you?")["fallback_level"] == 2
    assert stand_in.calls_of(PRIMARY) == before
