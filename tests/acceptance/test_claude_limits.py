"""A server learns Claude's limits from its answers and keeps to them."""

from typing import Any

from tests.acceptance.server import FALLBACK, PRIMARY, Server, StandIn
from tests.acceptance.shared import metric, until

QUESTION = "Where is order 1042?"
LEFT = 'mainstay_model_pool_left{of="requests",pool="sonnet"}'
STATE = 'mainstay_model_pool_state{pool="sonnet"}'


def tells(left: int) -> dict[str, Any]:
    """Return an answer that says how many of 10,000 requests are left."""
    stem = "anthropic-ratelimit-requests"
    return {"headers": {f"{stem}-limit": "10000", f"{stem}-remaining": str(left)}}


def ask(server: Server, **metadata: str) -> tuple[int, str]:
    """Ask in a new conversation; return level and model of the reply."""
    body = {"customer_id": "demo", "metadata": metadata}
    status, talk, _ = server.call("POST", "/v1/conversations", body)
    assert status == 201, talk
    reply = server.say(talk["id"], QUESTION)["reply"]
    return reply["fallback_level"], reply["model"]


def test_low_priority_gives_way_while_the_primary_is_scarce(
    server: Server, stand_in: StandIn
) -> None:
    """The host says so in a conversation's metadata; nothing else is set."""
    assert ask(server, priority="low") == (0, PRIMARY)
    stand_in.fail(primary=tells(800))
    assert ask(server) == (0, PRIMARY)
    until(STATE, 1, server)
    assert 0.05 < metric(server, LEFT) < 0.2
    assert ask(server, priority="low") == (2, FALLBACK)
    assert ask(server) == (0, PRIMARY)


def test_a_rate_limit_is_met_once(server: Server, stand_in: StandIn) -> None:
    """Later turns leave the pool alone, and its breaker is not open."""
    told = {"status": 429, "error_type": "rate_limit_error"}
    stand_in.fail(primary={**told, "retry_after": 120})
    for _ in range(3):
        assert ask(server) == (2, FALLBACK)
    assert stand_in.calls_of(PRIMARY) == 1
    until(STATE, 3, server)
    breakers = server.call("GET", "/v1/admin/breakers")[1]["breakers"]
    states = [one["state"] for one in breakers if one["name"].endswith(PRIMARY)]
    assert states == ["closed"]
