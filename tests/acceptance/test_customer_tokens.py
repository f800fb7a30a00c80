"""What a customer's own token opens, and what it does not."""

import time
from collections.abc import Generator
from typing import Any

import jwt
import pytest
from tests.acceptance.listener import Listener, reply_of
from tests.acceptance.server import Server, serving

from mainstay.simulator.server import running_in_thread

SECRET = "h" * 64
HOUR_S = 3600
THEIRS = {
    ("get", "/v1/conversations/{id}"),
    ("get", "/v1/conversations/{id}/events"),
    ("get", "/v1/conversations/{id}/messages"),
    ("get", "/v1/turns/{id}"),
    ("post", "/v1/conversations"),
    ("post", "/v1/conversations/{id}/messages"),
}
"""The routes that are for customers too; every other of ``/v1`` is not."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """Give a server that verifies HS256 tokens."""
    folder = tmp_path_factory.mktemp("host")
    with (
        running_in_thread() as claude,
        serving(folder, claude, MAINSTAY_TOKEN_SECRET=SECRET) as running,
    ):
        yield running


def token(key: Any = SECRET, algorithm: str = "HS256", **others: Any) -> str:
    """Return a token with good claims, but for these."""
    good = {"sub": "alice", "aud": "mainstay", "exp": int(time.time()) + HOUR_S}
    claims = {k: v for k, v in {**good, **others}.items() if v is not None}
    return jwt.encode(claims, key, algorithm)


@pytest.mark.parametrize(
    "bad",
    [
        token("f" * 64),
        token(algorithm="HS512"),
        token(None, "none"),
        token(exp=None),
        token(aud=None),
        token(sub=None),
        token(sub=""),
        token(nbf=int(time.time()) + HOUR_S),
        token()[:-4] + "AAAA",
        token().rsplit(".", 1)[0] + ".",
    ],
    ids=[
        "foreign key",
        "other hash",
        "alg none",
        "endless",
        "no audience",
        "no subject",
        "empty subject",
        "not yet",
        "other signature",
        "no signature",
    ],
)
def test_only_a_whole_token_of_the_host_is_good(host: Server, bad: str) -> None:
    """One flaw is enough for 401; the token without it opens a conversation."""
    status, problem, headers = host.call("POST", "/v1/conversations", {}, key=bad)
    assert (status, problem["status"]) == (401, 401)
    assert headers["www-authenticate"].startswith("Bearer")
    good = host.call("POST", "/v1/conversations", {}, key=token())
    assert (good[0], good[1]["customer_id"]) == (201, "alice")


def test_a_customer_reads_the_answer_and_not_how_it_was_made(host: Server) -> None:
    """A turn is {state, reply}; no step, tool result, key or cost, nor in events."""
    alice = token()
    talk = host.call("POST", "/v1/conversations", {}, key=token())[1]["id"]
    asked = {"text": "Where is order 1042?"}
    path = f"/v1/conversations/{talk}/messages?wait=25"
    _, answer, _ = host.call("POST", path, asked, key=alice)
    assert answer["status"] == "answered"
    seen = host.call("GET", answer["links"]["turn"], key=alice)[1]
    assert set(seen) == {"id", "conversation_id", "state", "reply"}
    assert (seen["state"], seen["reply"]) == ("answered", answer["reply"])
    whole = host.call("GET", answer["links"]["turn"])[1]
    assert {"steps", "effects", "usage", "cost_usd", "timings"} <= set(whole)
    listener = Listener(host, talk, 0, key=alice)
    events = listener.until(reply_of(seen["id"]))
    listener.close()
    assert events[-1].data["text"] == answer["reply"]["response"]
    told: set[str] = set()
    for event in events:
        told.update(event.data or {})
    assert told.isdisjoint({"steps", "effects", "usage", "cost_usd", "timings"})


def test_another_customers_things_are_not_there(host: Server) -> None:
    """Conversation, messages, events, turn and posts are 404, as if never made."""
    talk = host.call("POST", "/v1/conversations", {}, key=token())[1]["id"]
    path = f"/v1/conversations/{talk}"
    said = host.call("POST", f"{path}/messages", {"text": "Hello"}, key=token())[1]
    bob = token(sub="bob")
    for url in (path, f"{path}/messages", f"{path}/events", said["links"]["turn"]):
        status, problem, _ = host.call("GET", url, key=bob)
        missing = host.call("GET", url[:-4] + "none", key=bob)
        assert (status, missing[0]) == (404, 404), url
        assert problem["detail"] == missing[1]["detail"] or "events" in url
    assert host.call("POST", f"{path}/messages", {"text": "x"}, key=bob)[0] == 404
    messages = host.call("GET", f"{path}/messages", key=token())[1]["messages"]
    assert [m["text"] for m in messages if m["role"] == "customer"] == ["Hello"]


def test_every_other_route_is_closed_to_customers(host: Server) -> None:
    """Whatever else the schema lists is 403, in the customer's own talk too."""
    talk = host.call("POST", "/v1/conversations", {}, key=token())[1]["id"]
    bodies = {
        "reply": {"text": "I am staff"},
        "{id}": {"decision": "approve"},
        "redrive": {"all": True},
    }
    listed = host.call("GET", "/openapi.json")[1]["paths"]
    routes = {
        (method, path)
        for path, methods in listed.items()
        for method in methods
        if path.startswith("/v1/")
    }
    assert routes > THEIRS
    assert len(routes - THEIRS) >= 9
    for method, path in sorted(routes - THEIRS):
        body = bodies.get(path.rsplit("/", 1)[1], {}) if method == "post" else None
        url = path.replace("{id}", talk)
        status = host.call(method.upper(), url, body, key=token())[0]
        assert status == 403, (method, path, status)
    assert host.call("GET", f"/v1/conversations/{talk}")[1]["owner"] == "ai"
    assert host.call("GET", f"/v1/conversations/{talk}/messages")[1]["messages"] == []
