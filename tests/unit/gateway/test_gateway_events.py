import asyncio

import pytest
from gateway_ports import LoopClock
from gateway_world import Wire, World

from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.event import Delta, Event
from mainstay.gateway.deps import GatewayOptions


@pytest.fixture
def world() -> World:
    """Return a world whose clock runs with the loop."""
    return World(LoopClock())


def ids(text: str) -> list[int]:
    """Return the ids of the events in a stream."""
    return [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]


async def test_replay_then_live(world: World):
    """What is stored comes first, what happens then follows; each event once."""
    id_ = await world.conversation()
    for n in range(250):
        world.store.say(id_, "customer", f"old{n}.", None)
    async with Wire(world.app(), f"/v1/conversations/{id_}/events").open() as wire:
        await wire.until("old249.")
        world.store.say(id_, "customer", "new", None)
        text = await wire.until('"new"')
    assert wire.status == 200
    assert ids(text) == list(range(1, 252))
    assert 'event: message\ndata: {"seq":1,' in text
    assert '"created_at":"2027-01-15T08:00:00.000Z"' in text


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {"last-event-id": "2"}),
        ("after=2", {}),
        ("after=0", {"last-event-id": "2"}),
    ],
)
async def test_resume(world: World, query: str, headers: dict[str, str]):
    """A stream goes on after the reader's last event: nothing lost or repeated."""
    id_ = await world.conversation()
    for n in range(4):
        world.store.say(id_, "customer", f"m{n}.", None)
    path = f"/v1/conversations/{id_}/events"
    async with Wire(world.app(), path, query, headers).open() as wire:
        text = await wire.until("m3.")
    assert ids(text) == [3, 4]


@pytest.mark.parametrize("garbage", ["x", "-1", "1.0", "9" * 30])
async def test_garbage_to_resume_from(world: World, garbage: str):
    """A Last-Event-ID that was never one of ours is 400."""
    id_ = await world.conversation()
    async with world.api() as api:
        path = f"/v1/conversations/{id_}/events"
        answer = await api.get(path, headers={"last-event-id": garbage})
        query = await api.get(f"{path}?after={garbage}")
    assert (answer.status_code, query.status_code) == (400, 400)


async def test_event_committed_while_the_stream_starts(world: World):
    """An event between the first read and the first wait is not missed."""
    id_ = await world.conversation()
    real = world.store.events

    async def late(conversation_id: str, after: int, limit: int) -> list[Event]:
        found = await real(conversation_id, after, limit)
        if not world.store.log[id_]:
            world.store.say(id_, "customer", "in between", None)
        return found

    world.store.events = late
    async with Wire(world.app(), f"/v1/conversations/{id_}/events").open() as wire:
        await wire.until("in between")


async def test_heartbeat_and_lost_news(world: World):
    """A silent stream shows life, and looks again: news can get lost."""
    id_ = await world.conversation()
    app = world.app(GatewayOptions(heartbeat_s=0.05))
    async with Wire(app, f"/v1/conversations/{id_}/events").open() as wire:
        await wire.until(": heartbeat\n\n")
        listeners, world.feed.listeners[id_] = world.feed.listeners[id_], []
        world.store.say(id_, "customer", "unheard", None)
        world.feed.listeners[id_] = listeners
        await wire.until("unheard")


async def test_deltas(world: World):
    """Pieces of a reply come without an id; a new attempt makes them void."""
    id_ = await world.conversation()
    async with Wire(world.app(), f"/v1/conversations/{id_}/events").open() as wire:
        await world.feed.listened.wait()
        for attempt, n, text in ((1, 0, "He"), (1, 1, "llo"), (2, 0, ""), (2, 0, "Hi")):
            world.feed.whisper(Delta(id_, "turn_1", attempt, n, text))
        text = await wire.until('"Hi"')
    assert text.split("\n\n")[1:-1] == [
        'event: delta\ndata: {"turn_id":"turn_1","attempt":1,"n":0,"text":"He"}',
        'event: delta\ndata: {"turn_id":"turn_1","attempt":1,"n":1,"text":"llo"}',
        'event: reset\ndata: {"turn_id":"turn_1","attempt":2}',
        'event: delta\ndata: {"turn_id":"turn_1","attempt":2,"n":0,"text":"Hi"}',
    ]


async def test_reader_that_came_late_or_fell_behind(world: World):
    """No half of a reply: a gap is a reset, and pieces come again with the next one."""
    id_ = await world.conversation()
    async with Wire(world.app(), f"/v1/conversations/{id_}/events").open() as wire:
        await world.feed.listened.wait()
        world.feed.whisper(Delta(id_, "turn_1", 1, 7, "tail"))
        world.feed.whisper(Delta(id_, "turn_2", 1, 0, "whole"))
        await wire.until("whole")
        world.feed.lose(id_)
        await wire.until("reset")
        world.feed.whisper(Delta(id_, "turn_2", 1, 9, "gap"))
        world.feed.whisper(Delta(id_, "turn_3", 1, 0, "fresh"))
        text = await wire.until("fresh")
    assert "tail" not in text
    assert "gap" not in text
    assert text.count("event: reset") == 1


async def test_a_draft_has_no_hole(world: World):
    """Where a piece got lost on its way the draft is void, and nothing follows it."""
    id_ = await world.conversation()
    async with Wire(world.app(), f"/v1/conversations/{id_}/events").open() as wire:
        await world.feed.listened.wait()
        for n, text in ((0, "He"), (1, "ll"), (3, "wor"), (4, "ld")):
            world.feed.whisper(Delta(id_, "turn_1", 1, n, text))
        world.feed.whisper(Delta(id_, "turn_2", 1, 0, "fresh"))
        text = await wire.until("fresh")
    assert "ll" in text.split("event: reset")[0]
    assert text.count("event: reset") == 1
    assert "wor" not in text
    assert "ld" not in text


async def test_pieces_go_before_the_reply_they_make(world: World):
    """What is said and stored while the store is being read keeps its order."""
    id_ = await world.conversation()
    real = world.store.events

    async def slow(conversation_id: str, after: int, limit: int) -> list[Event]:
        if world.store.reads == 2:
            for n, text in enumerate(("He", "llo")):
                world.feed.whisper(Delta(id_, "turn_1", 1, n, text))
            world.store.say(id_, "agent", "Hello", "turn_1")
        return await real(conversation_id, after, limit)

    world.store.events = slow
    async with Wire(world.app(), f"/v1/conversations/{id_}/events").open() as wire:
        await world.feed.listened.wait()
        world.store.say(id_, "customer", "Hi", None)
        text = await wire.until('"Hello"')
    assert text.index('"He"') < text.index('"llo"') < text.index('"Hello"')


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ({"state": "answered"}, False),
        ({"state": "handed_off"}, False),
        ({"state": "dead"}, False),
        ({"state": "answered", "held": True}, True),
        ({"state": "waiting_approval"}, True),
    ],
)
async def test_a_turn_that_ended_has_no_draft(
    world: World, told: dict[str, object], *, heard: bool
):
    """Pieces that come after the end of their turn are dropped; a held turn goes on."""
    id_ = await world.conversation()
    async with Wire(world.app(), f"/v1/conversations/{id_}/events").open() as wire:
        await world.feed.listened.wait()
        world.store.tell(id_, "turn", {"turn_id": "turn_1"} | told)
        world.store.tell(id_, "turn", {"turn_id": "turn_0", "state": "answered"})
        await wire.until('"turn_0"')
        world.feed.whisper(Delta(id_, "turn_1", 1, 0, "late"))
        world.feed.whisper(Delta(id_, "turn_2", 1, 0, "next"))
        text = await wire.until("next")
        assert ("late" in text) is heard
        world.store.tell(id_, "turn", {"turn_id": "turn_1", "state": "pending"})
        await wire.until("pending")
        world.feed.whisper(Delta(id_, "turn_1", 2, 0, "again"))
        await wire.until("again")


async def test_slow_reader_is_dropped_alone(world: World):
    """A reader that takes nothing is dropped in time; the others go on."""
    id_ = await world.conversation()
    app = world.app(GatewayOptions(send_timeout_s=0.1))
    path = f"/v1/conversations/{id_}/events"
    slow, quick = Wire(app, path), Wire(app, path)
    dropped = asyncio.Event()

    def abort() -> None:
        dropped.set()
        slow.hang_up()

    slow.scope["mainstay.abort"] = abort
    async with slow.open(), quick.open():
        await slow.until("retry")
        await quick.until("retry")
        slow.stuck.clear()
        for n in range(5):
            world.store.say(id_, "customer", f"m{n}.", None)
            await quick.until(f"m{n}.")
        async with asyncio.timeout(5):
            await dropped.wait()
        world.store.say(id_, "customer", "after", None)
        await quick.until("after")
    assert world.feed.listeners[id_] == []


async def test_streams_are_bounded(world: World):
    """One stream too many is 503 with Retry-After; a place gets free again."""
    id_ = await world.conversation()
    app = world.app(GatewayOptions(max_streams=1))
    path = f"/v1/conversations/{id_}/events"
    async with Wire(app, path).open() as first:
        await first.until("retry")
        async with Wire(app, path).open() as second:
            await second.end()
        assert second.status == 503
    assert world.feed.listeners[id_] == []
    async with Wire(app, path).open() as third:
        await third.until("retry")
        assert third.status == 200


async def test_drain_ends_streams(world: World):
    """A process that drains ends its streams; one that comes late may come back.

    An error would end a browser's EventSource for good.
    """
    id_ = await world.conversation()
    app = world.app()
    path = f"/v1/conversations/{id_}/events"
    async with Wire(app, path).open() as wire:
        await wire.until("retry")
        app.drain()
        await wire.end()
        async with Wire(app, path).open() as late:
            await late.end()
    assert (late.status, late.text) == (200, "retry: 1000\n\n")
    assert world.telemetry.events == []


async def test_store_fails_under_a_stream(world: World):
    """When the store fails the stream ends, so that its reader comes back."""
    id_ = await world.conversation()

    async def fail(*_: object) -> list[Event]:
        raise StoreUnavailable("gone")

    async with Wire(world.app(), f"/v1/conversations/{id_}/events").open() as wire:
        await wire.until("retry")
        world.store.events = fail
        world.feed.notify(id_)
        await wire.end()
    (trouble,) = world.telemetry.events
    assert "StoreUnavailable" in str(trouble)
