"""The public contract over HTTP, as a host's backend and its customers see it."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import jwt
import pytest
from tests.acceptance.server import Server, serving

from mainstay.simulator.server import running_in_thread

SECRET = "s" * 40
HOUR_S = 3600


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """Give one server for all tests here, which verifies customer tokens."""
    folder = tmp_path_factory.mktemp("host")
    with (
        running_in_thread() as claude,
        serving(folder, claude, MAINSTAY_TOKEN_SECRET=SECRET) as running,
    ):
        yield running


def token(subject: str, **claims: Any) -> str:
    """Return a customer's token, good for an hour."""
    told = {"sub": subject, "aud": "mainstay", "exp": int(time.time()) + HOUR_S}
    return jwt.encode({**told, **claims}, claims.pop("by", SECRET), "HS256")


def path(conversation_id: str, rest: str = "messages") -> str:
    """Return a path of a conversation."""
    return f"/v1/conversations/{conversation_id}/{rest}"


def test_an_idempotency_key_brings_the_first_answer_back(host: Server) -> None:
    """The same key and body are one message; another body is a conflict."""
    talk = host.open()
    post = ("POST", path(talk), {"text": "Hello"})
    first = host.call(*post, Idempotency_Key="k1")
    again = host.call(*post, Idempotency_Key="k1")
    assert (first[0], again[0]) == (202, 202)
    assert first[1]["message_id"] == again[1]["message_id"]
    assert first[1]["turn_id"] == again[1]["turn_id"]
    other = host.call("POST", path(talk), {"text": "Other"}, Idempotency_Key="k1")
    assert other[0] == 409
    by_client = {"text": "Mine", "client_id": "c-1"}
    one, two = (host.call("POST", path(talk), by_client) for _ in range(2))
    assert one[1]["message_id"] == two[1]["message_id"]
    roles = [m["role"] for m in host.call("GET", path(talk))[1]["messages"]]
    assert roles.count("customer") == 2


def test_a_conversation_is_answered_once_and_in_order(host: Server) -> None:
    """Each message of a talk gets its reply before the next is asked."""
    talk = host.open()
    for n in range(5):
        reply = host.say(talk, f"Where is order 1042? ({n})")
        assert reply["status"] == "answered"
    said = host.call("GET", path(talk))[1]["messages"]
    assert [m["role"] for m in said] == ["customer", "agent"] * 5
    assert [m["seq"] for m in said] == list(range(1, 11))
    page = host.call("GET", path(talk, "messages?after=8"))[1]
    assert [m["seq"] for m in page["messages"]] == [9, 10]


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("wrong-key", 401),
        ("", 401),
        (token("alice", exp=int(time.time()) - HOUR_S), 401),
        (token("alice", aud="elsewhere"), 401),
        (jwt.encode({"sub": "alice"}, "x" * 40, "HS256"), 401),
    ],
)
def test_bad_credentials_are_refused(host: Server, key: str, status: int) -> None:
    """Unknown, missing, expired, foreign and forged credentials get 401."""
    talk = host.open("alice")
    got, problem, _ = host.call("GET", f"/v1/conversations/{talk}", key=key)
    assert got == status
    assert {"type", "title", "status", "detail"} <= set(problem)


def test_a_customer_sees_only_what_is_theirs(host: Server) -> None:
    """A token acts for its subject: others' talks are not found, steps not shown."""
    alice, bob = token("alice"), token("bob")
    _, opened, _ = host.call("POST", "/v1/conversations", {}, key=alice)
    assert opened["customer_id"] == "alice"
    talk = opened["id"]
    _, answer, _ = host.call(
        "POST", path(talk, "messages?wait=20"), {"text": "Where is 1042?"}, key=alice
    )
    assert answer["status"] == "answered"
    turn = host.call("GET", f"/v1/turns/{answer['turn_id']}", key=alice)[1]
    assert "steps" not in turn
    assert "cost_usd" not in turn
    assert host.call("GET", f"/v1/conversations/{talk}", key=bob)[0] == 404
    assert host.call("GET", f"/v1/turns/{answer['turn_id']}", key=bob)[0] == 404
    assert host.call("POST", path(talk), {"text": "hi"}, key=bob)[0] == 404
    assert host.call("POST", path(talk, "takeover"), {}, key=alice)[0] == 403
    assert host.call("GET", "/v1/admin/queue", key=alice)[0] == 403


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b'{"text": "' + b"x" * (33 * 1024) + b'"}', "application/json", 413),
        (b'{"text": "\xff\xfe"}', "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"text": "hi"}', "text/plain", 415),
        (b'{"text": "hi", "no": 1}', "application/json", 422),
        (b'{"text": " "}', "application/json", 422),
        (b"{}", "application/json", 422),
    ],
)
def test_bad_input_is_named_and_stores_nothing(
    host: Server, raw: bytes, kind: str, status: int
) -> None:
    """Each kind of bad input has its status, a problem and no trace."""
    talk = host.open()
    got, problem, headers = host.call("POST", path(talk), raw=raw, Content_Type=kind)
    assert got == status, problem
    assert headers["content-type"].startswith("application/problem+json")
    assert headers["x-request-id"]
    assert host.call("GET", path(talk))[1]["messages"] == []


def test_a_human_takes_over_and_hands_back(host: Server) -> None:
    """While a human owns it the AI is silent; after the hand-back it goes on."""
    talk = host.open()
    assert host.call("POST", path(talk, "takeover"), {"reason": "vip"})[0] == 200
    assert host.call("POST", path(talk), {"text": "Hello?"})[0] == 202
    assert host.call("POST", path(talk, "reply"), {"text": "Olga here."})[0] == 201
    assert host.call("POST", path(talk), {"text": "Where is order 1042?"})[0] == 202
    said = host.call("GET", path(talk))[1]["messages"]
    assert [m["role"] for m in said] == ["customer", "human", "customer"]
    assert host.call("POST", path(talk, "handback"), {})[0] == 200
    until = time.monotonic() + 15
    while len(said) < 4:
        assert time.monotonic() < until, said
        said = host.call("GET", path(talk))[1]["messages"]
    assert (said[3]["role"], said[3]["fallback_level"]) == ("agent", 0)
    assert "1042" in said[3]["text"]


def test_asking_for_a_person_hands_the_talk_over(host: Server) -> None:
    """The tool's handoff ends the turn and changes the owner in one commit."""
    talk = host.open()
    answer = host.say(talk, "let me talk to a person")
    assert answer["status"] == "answered"
    assert host.call("GET", f"/v1/conversations/{talk}")[1]["owner"] == "human"
    turn = host.call("GET", f"/v1/turns/{answer['turn_id']}")[1]
    assert turn["state"] == "handed_off"


def test_a_large_refund_waits_for_a_human(host: Server) -> None:
    """Above the limit nothing is paid until a human says so; then once, and told."""
    talk = host.open("frida")
    first = host.say(talk, "I want a refund of 249.00 for order 1044")
    turn = host.call("GET", f"/v1/turns/{first['turn_id']}")[1]
    assert turn["state"] == "waiting_approval", turn
    assert turn["effects"] == []
    waiting = host.call("GET", "/v1/approvals")[1]["approvals"]
    [approval] = [a for a in waiting if a["conversation_id"] == talk]
    decided = host.call(
        "POST", f"/v1/approvals/{approval['id']}", {"decision": "approve"}
    )
    assert decided[0] == 200
    until = time.monotonic() + 15
    said: list[Any] = []
    while len(said) < 3:
        assert time.monotonic() < until, said
        said = host.call("GET", path(talk))[1]["messages"]
    assert "249" in said[2]["text"]
    done = host.call("GET", f"/v1/turns/{said[2]['turn_id']}")[1]
    assert [(e["tool"], e["state"]) for e in done["effects"]] == [
        ("refund_order", "committed")
    ]


def test_the_rate_limit_says_when(tmp_path: Path, stand_in: Any) -> None:
    """Past the burst: 429, and Retry-After is the second at which one may pass."""
    with serving(tmp_path / "d", stand_in.address, RATE_LIMIT="6") as server:
        talk = server.open("greta")
        post = ("POST", path(talk), {"text": "hi"})
        codes = [server.call(*post)[0] for _ in range(6)]
        assert codes.count(429) >= 1
        status, _, headers = server.call(*post)
        assert status == 429
        assert 1 <= int(headers["retry-after"]) <= 10
        assert server.open("other")
