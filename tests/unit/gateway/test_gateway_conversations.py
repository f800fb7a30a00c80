from typing import Any

import pytest
from gateway_world import World


async def test_open(world: World):
    """A conversation is opened for the customer that an API key names."""
    body = {"customer_id": "ann", "channel": "web", "metadata": {"plan": "pro"}}
    async with world.api() as api:
        answer = await api.post("/v1/conversations", json=body)
        view = answer.json()
        again = await api.get(answer.headers["location"])
    assert answer.status_code == 201
    assert body.items() <= view.items()
    assert view["owner"] == "ai"
    assert view["created_at"] == "2027-01-15T08:00:00.000Z"
    assert again.json() == view
    assert world.limiter.taken == ["ann"]


MANY = {str(n): "v" for n in range(17)}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "customer_id"),
        ({"customer_id": ""}, "customer_id"),
        ({"customer_id": "a b"}, "customer_id"),
        ({"customer_id": "ann\n"}, "customer_id"),
        ({"customer_id": "a" * 129}, "customer_id"),
        ({"customer_id": "a", "channel": "A!"}, "channel"),
        ({"customer_id": "a", "channel": "web\n"}, "channel"),
        ({"customer_id": "a", "metadata": {"k": 1}}, "metadata[...]"),
        ({"customer_id": "a", "metadata": {"k": "é" * 300}}, "metadata.k"),
        ({"customer_id": "a", "metadata": {"k": "\0"}}, "metadata[...]"),
        ({"customer_id": "a", "metadata": {"é" * 40: "v"}}, "metadata"),
        ({"customer_id": "a", "metadata": MANY}, "metadata"),
        ({"customer_id": "a", "owner": "human"}, "owner"),
    ],
)  # fmt: skip
async def test_bad_conversations(world: World, body: dict[str, Any], field: str):
    """A field at fault is named, and nothing is stored."""
    async with world.api() as api:
        answer = await api.post("/v1/conversations", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert "regex" not in answer.text
    assert world.store.known == {}


async def test_pages(world: World):
    """``after`` is exclusive, a page is 100, ``next`` leads on and ends as null."""
    id_ = await world.conversation()
    for n in range(201):
        world.store.say(id_, "customer", f"m{n}", None)
    seen: list[int] = []
    after: int | None = 0
    sizes: list[int] = []
    async with world.api() as api:
        while after is not None:
            page = (
                await api.get(f"/v1/conversations/{id_}/messages?after={after}")
            ).json()
            seen += [m["seq"] for m in page["messages"]]
            sizes.append(len(page["messages"]))
            after = page["next"]
    assert seen == list(range(1, 202))
    assert sizes == [100, 100, 1]


async def test_message_fields(world: World):
    """A message says who wrote it and, for the agent's, how it was made."""
    id_ = await world.conversation()
    world.store.say(id_, "agent", "hello", "turn_1")
    async with world.api() as api:
        page = await api.get(f"/v1/conversations/{id_}/messages")
    (message,) = page.json()["messages"]
    assert message["role"] == "agent"
    assert message["turn_id"] == "turn_1"
    assert message["fallback_level"] == 0
    assert message["created_at"] == "2027-01-15T08:00:00.000Z"


@pytest.mark.parametrize(
    "after", ["-1", "x", "", "1.5", "9007199254740992", "٣", "1&after=2"]
)
async def test_bad_after(world: World, after: str):
    """``after`` that is no number from 0 is 422."""
    id_ = await world.conversation()
    async with world.api() as api:
        answer = await api.get(f"/v1/conversations/{id_}/messages?after={after}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "after"


async def test_unknown(world: World):
    """What does not exist is 404."""
    async with world.api() as api:
        for path in (
            "conversations/conv_9",
            "conversations/conv_9/messages",
            "turns/x",
        ):
            assert (await api.get(f"/v1/{path}")).status_code == 404
