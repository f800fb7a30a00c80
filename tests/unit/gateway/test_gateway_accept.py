import json
from collections.abc import AsyncIterator

import pytest
from gateway_world import World

from mainstay.domain.wake import Wake
from mainstay.ports.limiter import Decision
from mainstay.ports.telemetry import Trouble

JSON = {"content-type": "application/json"}


async def test_accept_promises(world: World):
    """A 202 names the stored message, its turn and where to read on, and wakes."""
    id_ = await world.conversation()
    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages", json={"text": "hi"}
        )
    assert answer.status_code == 202
    body = answer.json()
    (stored,) = world.store.log[id_]
    assert (stored.text, stored.id) == ("hi", body["message_id"])
    assert body == {
        "message_id": stored.id,
        "turn_id": stored.turn_id,
        "status": "queued",
        "links": {
            "turn": f"/v1/turns/{stored.turn_id}",
            "messages": f"/v1/conversations/{id_}/messages",
            "events": f"/v1/conversations/{id_}/events",
        },
    }
    assert world.queue.published == [Wake(id_)]
    assert answer.headers["ratelimit"] == '"customer";r=9;t=6'
    assert answer.headers["ratelimit-policy"] == '"customer";q=10;w=60'


async def test_broken_broker_does_not_break_accept(world: World):
    """The store is the truth: a wake that cannot be published is only noted."""
    id_ = await world.conversation()
    world.queue.broken = True
    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages", json={"text": "hi"}
        )
    assert answer.status_code == 202
    (trouble,) = world.telemetry.events
    assert isinstance(trouble, Trouble)
    assert trouble.where == "gateway.publish"


@pytest.mark.parametrize("how", ["Idempotency-Key", "client_id"])
async def test_replay(world: World, how: str):
    """The same key brings the same ids back and stores nothing; another body is 409."""
    id_ = await world.conversation()
    path = f"/v1/conversations/{id_}/messages"

    def call(text: str) -> dict[str, object]:
        if how == "client_id":
            return {"json": {"text": text, "client_id": "k1"}}
        return {"json": {"text": text}, "headers": {how: "k1"}}

    async with world.api() as api:
        first = await api.post(path, **call("hi"))
        again = await api.post(path, **call("hi"))
        other = await api.post(path, **call("ho"))
    assert again.json() == first.json()
    assert len(world.store.log[id_]) == 1
    assert other.status_code == 409
    assert how in other.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"text": "a\xff"}', 400, None),
        (b'{"text": "', 400, None),
        (b"", 400, None),
        (b'{"text": NaN}', 400, None),
        (b"[" * 50_000, 422, "body"),
        (b'{"text": "\\ud800"}', 422, "text"),
        (b'{"text": "a\\u0000"}', 422, "text"),
        (b'{"text": " \\n "}', 422, "text"),
        (b'{"text": 1}', 422, "text"),
        (b"{}", 422, "text"),
        (b'{"text": "a", "admin": true}', 422, "admin"),
        (b'{"text": "a", "client_id": ""}', 422, "client_id"),
        (b'{"text": "a", "client_id": "a\\n"}', 422, "client_id"),
    ],
)
async def test_bad_bodies(world: World, body: bytes, status: int, field: str | None):
    """A body at fault is refused with its field named, and nothing is stored."""
    id_ = await world.conversation()
    path = f"/v1/conversations/{id_}/messages"
    async with world.api() as api:
        answer = await api.post(path, content=body, headers=JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert [e["field"] for e in problem.get("errors", [])] == ([field] if field else [])
    assert world.store.log[id_] == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x" * 32_768, 202),
        ("x" * 32_769, 413),
        ("é" * 16_384, 202),
        ("é" * 16_385, 413),
        ("\x01" * 32_768, 202),  # six bytes each as a JSON escape
        ("x" * 300_000, 413),
    ],
)
async def test_text_is_limited_in_utf8(world: World, text: str, status: int):
    """32 KB of UTF-8 pass however JSON writes them down; one byte more is 413."""
    id_ = await world.conversation()
    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages",
            content=json.dumps({"text": text}),
            headers=JSON,
        )
    assert answer.status_code == status
    assert len(world.store.log[id_]) == (status == 202)


async def test_long_body_is_cut_off_while_it_streams(world: World):
    """Without a length, reading ends as soon as the limit is passed."""
    id_ = await world.conversation()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 10_000
            yield b" " * 10_000

    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages", content=endless(), headers=JSON
        )
    assert answer.status_code == 413
    assert sent < 300_000


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 202),
        ("Application/JSON; charset=UTF-8", 202),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
async def test_media_type(world: World, media_type: str, status: int):
    """Only JSON in UTF-8 is taken."""
    id_ = await world.conversation()
    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages",
            content=b'{"text": "hi"}',
            headers={"content-type": media_type},
        )
    assert answer.status_code == status


async def test_limit(world: World):
    """An empty bucket is 429 with Retry-After rounded up; nothing is stored."""
    id_ = await world.conversation("bob")
    world.limiter.decision = Decision(
        allowed=False, retry_after_s=1.2, remaining=0, limit=10, reset_s=60.0
    )
    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages", json={"text": "hi"}
        )
        read = await api.get(f"/v1/conversations/{id_}/messages")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["ratelimit"] == '"customer";r=0;t=60'
    assert world.limiter.taken == ["bob"]
    assert read.json()["messages"] == []


async def test_customer_of_a_conversation_is_read_once(world: World):
    """With an API key the bucket's customer comes from the store once, then memory."""
    id_ = await world.conversation()
    async with world.api() as api:
        for _ in range(3):
            await api.post(f"/v1/conversations/{id_}/messages", json={"text": "hi"})
    assert world.store.reads == 1
    assert world.limiter.taken == ["ann"] * 3


async def test_store_down(world: World):
    """When the store cannot be written the answer is 503 with Retry-After."""
    id_ = await world.conversation()
    async with world.api() as api:
        await api.post(f"/v1/conversations/{id_}/messages", json={"text": "hi"})
        world.store.down = True
        answer = await api.post(
            f"/v1/conversations/{id_}/messages", json={"text": "ho"}
        )
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "disk" not in answer.text


@pytest.mark.parametrize("id_", ["conv_0", "nonsense", "conv_%00", "turn_1%2F2"])
async def test_unknown_conversation(world: World, id_: str):
    """An id that is unknown, or could not be one, is 404."""
    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages", json={"text": "hi"}
        )
    assert answer.status_code == 404
