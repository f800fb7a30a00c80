"""What telemetry hears of messages and of takeovers."""

from gateway_world import OPERATOR, World

from mainstay.ports.turn_events import HandedOff


async def test_each_message_is_told_with_its_fate(world: World):
    """Stored, replayed, refused for its key; not stored because the store is down."""
    id_ = await world.conversation()
    path, key = f"/v1/conversations/{id_}/messages", {"idempotency-key": "k"}
    async with world.api() as api:
        first = await api.post(path, json={"text": "Hello"}, headers=key)
        await api.post(path, json={"text": "Hello"}, headers=key)
        await api.post(path, json={"text": "Another"}, headers=key)
        world.store.down = True
        await api.post(path, json={"text": "Hello"})
    told = [(taken.outcome, taken.turn_id) for taken in world.telemetry.taken]
    turn_id = first.json()["turn_id"]
    assert told == [
        ("stored", turn_id),
        ("replayed", turn_id),
        ("key_reused", ""),
        ("failed", ""),
    ]
    assert all(taken.duration_ms >= 0 for taken in world.telemetry.taken)


async def test_what_is_no_message_is_no_fate(world: World):
    """A body that cannot be read never reached the store."""
    id_ = await world.conversation()
    async with world.api() as api:
        await api.post(f"/v1/conversations/{id_}/messages", json={"txt": "Hello"})
    assert world.telemetry.taken == []
    assert [served.status for served in world.telemetry.served] == [422]


async def test_a_takeover_is_told_once(world: World):
    """By the operator; who takes what is taken changes nothing."""
    id_ = await world.conversation()
    async with world.api(OPERATOR) as api:
        for _ in range(2):
            await api.post(f"/v1/conversations/{id_}/takeover", json={})
    assert world.telemetry.events == [HandedOff(id_, "operator")]
