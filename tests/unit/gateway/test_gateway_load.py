"""Too much to do: who is turned away, when, and who never is."""

import asyncio

import pytest
from gateway_ports import FakeTelemetry, LoopClock
from gateway_world import ADMIN, CLIENT, OPERATOR, Wire, World

from mainstay.gateway.load import CALM_S, LOOK_S, Gauges, Load, LoadOptions
from mainstay.ports.telemetry import RequestShed, SheddingChanged
from mainstay.testing.clock import ManualClock

FOUR = LoadOptions(requests=4, commits=2, few=2)


class Pressed:
    """A load that can be put under pressure, and its time."""

    def __init__(
        self, options: LoadOptions = FOUR, gauges: Gauges | None = None
    ) -> None:
        self.clock = ManualClock()
        self.telemetry = FakeTelemetry()
        self.load = Load(self.clock, self.telemetry, options, gauges)

    def busy(self, requests: int) -> None:
        """Let so many requests be in work."""
        while self.load.busy < requests:
            self.load.enter()

    async def late(self, *lags_s: float) -> None:
        """Let the loop come so late, time after time."""
        for lag_s in lags_s:
            await self.clock.until_sleepers()
            self.clock.advance(LOOK_S + lag_s)


@pytest.mark.parametrize(
    ("busy", "read", "opened", "said"), [(1, 200, 201, 202), (4, 503, 503, 503)]
)
async def test_all_kinds_are_turned_away_at_the_bound(
    world: World, busy: int, read: int, opened: int, said: int
) -> None:
    """Below it nobody is, and nothing is stored for who is."""
    pressed = Pressed()
    id_ = await world.conversation()
    pressed.busy(busy)
    async with world.api(load=pressed.load) as api:
        path = f"/v1/conversations/{id_}"
        assert (await api.get(path)).status_code == read
        body = {"customer_id": "bob"}
        assert (await api.post("/v1/conversations", json=body)).status_code == opened
        answer = await api.post(f"{path}/messages", json={"text": "hi"})
        assert answer.status_code == said
    assert len(world.store.known) == (2 if opened == 201 else 1)
    assert len(world.store.log[id_]) == (1 if said == 202 else 0)


async def test_reads_and_streams_are_turned_away_before_messages(world: World) -> None:
    """At half the bound a message is still accepted, and a conversation opened."""
    pressed = Pressed()
    id_ = await world.conversation()
    path = f"/v1/conversations/{id_}"
    pressed.busy(2)
    async with world.api(load=pressed.load) as api:
        for read in (path, f"{path}/messages", f"{path}/events", "/v1/turns/turn_1"):
            assert (await api.get(read)).status_code == 503
        body = {"customer_id": "bob"}
        assert (await api.post("/v1/conversations", json=body)).status_code == 201
        answer = await api.post(f"{path}/messages", json={"text": "hi"})
        assert answer.status_code == 202


async def test_a_refusal_says_when_to_come_again(world: World) -> None:
    """As a problem, with seconds that differ from one caller to the next."""
    pressed = Pressed()
    id_ = await world.conversation()
    pressed.busy(4)
    async with world.api(load=pressed.load) as api:
        post = f"/v1/conversations/{id_}/messages"
        answers = [await api.post(post, json={"text": "hi"}) for _ in range(3)]
    assert {answer.headers["retry-after"] for answer in answers} == {"1", "2", "3"}
    problem = answers[0].json()
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert problem["type"] == "urn:mainstay:problem:overloaded"
    assert problem["request_id"] == answers[0].headers["x-request-id"]
    assert "nothing was stored" in problem["detail"]
    assert world.limiter.taken == []


@pytest.mark.parametrize("how", ["Idempotency-Key", "client_id"])
async def test_a_message_that_is_stored_gets_its_ids_again(
    world: World, how: str
) -> None:
    """A replay is answered whatever the load; a new key is not, another body is 409."""
    pressed = Pressed()
    id_ = await world.conversation()
    path = f"/v1/conversations/{id_}/messages"

    def call(text: str, key: str = "k1") -> dict[str, object]:
        if how == "client_id":
            return {"json": {"text": text, "client_id": key}}
        return {"json": {"text": text}, "headers": {how: key}}

    async with world.api(load=pressed.load) as api:
        first = await api.post(path, **call("hi"))
        pressed.busy(4)
        again = await api.post(path, **call("hi"))
        other = await api.post(path, **call("ho"))
        new = await api.post(path, **call("hi", "k2"))
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert (other.status_code, new.status_code) == (409, 503)
    assert len(world.store.log[id_]) == 1


async def test_whoever_watches_or_mends_always_gets_in(world: World) -> None:
    """Health, metrics, the document, administration, and what humans do."""
    pressed = Pressed()
    id_ = await world.conversation()
    pressed.busy(100)
    app = world.app(load=pressed.load)
    async with world.client(app, None) as api:
        for path in ("/health", "/health/live", "/health/ready", "/metrics"):
            assert (await api.get(path)).status_code == 200
        assert (await api.get("/openapi.json")).status_code == 200
    async with world.client(app, ADMIN) as api:
        assert (await api.get("/v1/admin/breakers")).status_code == 200
    async with world.client(app, OPERATOR) as api:
        taken = await api.post(f"/v1/conversations/{id_}/takeover")
        assert taken.status_code == 200
        assert (await api.get("/v1/approvals")).status_code == 200
        assert (await api.get("/v1/escalations")).status_code == 200
    assert pressed.telemetry.events == []


async def test_one_late_look_is_a_hiccup_two_are_a_loop_that_is_behind() -> None:
    """Reads go from 0.5 s on, messages from 1 s."""
    pressed = Pressed()
    load = pressed.load
    await load.start()
    await pressed.late(0.0, 10.0)
    await pressed.clock.until_sleepers()
    assert load.pressure("message") is None
    await pressed.late(0.6)
    await pressed.clock.until_sleepers()
    assert (load.pressure("read"), load.pressure("message")) == ("loop", None)
    await pressed.late(1.1, 1.2)
    await pressed.clock.until_sleepers()
    assert (load.pressure("open"), load.pressure("message")) == ("loop", "loop")
    await pressed.late(0.0)
    await pressed.clock.until_sleepers()
    assert load.pressure("read") is None
    await load.stop()


async def test_a_store_that_is_behind_gets_nothing_more() -> None:
    """Many commits, and the first has waited for long; either alone is no reason."""
    pressed = Pressed()
    load, done = pressed.load, asyncio.Event()
    first = asyncio.create_task(load.committed(done.wait()))
    await asyncio.sleep(0)
    pressed.clock.advance(5)
    assert load.pressure("message") is None
    second = asyncio.create_task(load.committed(done.wait()))
    await asyncio.sleep(0)
    assert (load.pressure("message"), load.pressure("open")) == ("store", "store")
    assert load.pressure("read") is None
    done.set()
    assert await first
    assert await second
    assert load.pressure("message") is None


async def test_many_quick_commits_are_no_reason() -> None:
    """A full writer that is quick needs no help."""
    pressed = Pressed()
    done = asyncio.Event()
    tasks = [asyncio.create_task(pressed.load.committed(done.wait())) for _ in range(9)]
    await asyncio.sleep(0)
    pressed.clock.advance(0.99)
    assert pressed.load.pressure("message") is None
    done.set()
    await asyncio.gather(*tasks)


async def test_over_its_memory_a_process_works_on_with_few() -> None:
    """Memory may stay high after a flood: then a few at once are still served."""
    held = [101]
    options = LoadOptions(memory_bytes=100, few=2)
    pressed = Pressed(options, Gauges(memory=lambda: held[0]))
    load = pressed.load
    await load.start()
    await pressed.late(0.0)
    await pressed.clock.until_sleepers()
    assert load.pressure("message") is None
    pressed.busy(3)
    assert (load.pressure("message"), load.pressure("read")) == ("memory", "memory")
    held[0] = 100
    await pressed.late(*[0.0] * 5)
    await pressed.clock.until_sleepers()
    assert load.pressure("message") is None
    await load.stop()


async def test_a_backlog_counts_only_when_its_holding_replies_are_late() -> None:
    """Then the next customer would not hear back in time; opening promises nothing."""
    late = [1.4]
    pressed = Pressed(gauges=Gauges(late_s=lambda: late[0]))
    assert pressed.load.pressure("message") is None
    late[0] = 1.5
    assert pressed.load.pressure("message") == "backlog"
    assert pressed.load.pressure("open") is None
    assert pressed.load.pressure("read") is None


async def test_a_request_that_waits_for_its_reply_is_not_in_work() -> None:
    """Thousands may wait; neither do open streams count."""
    world = World(LoopClock())
    pressed = Pressed(LoadOptions(requests=1, read_share=1.0))
    app = world.app(load=pressed.load)
    id_ = await world.conversation()
    path = f"/v1/conversations/{id_}"
    async with (
        Wire(app, f"{path}/events").open() as stream,
        world.client(app, CLIENT) as api,
    ):
        await stream.until("retry")
        world.feed.listened.clear()
        post = asyncio.create_task(
            api.post(f"{path}/messages?wait=5", json={"text": "hi"})
        )
        await world.feed.listened.wait()
        assert pressed.load.busy == 0
        assert (await api.get(path)).status_code == 200
        (turn_id,) = world.store.turns
        world.store.answer(turn_id, "hello")
        assert (await post).status_code == 200
    assert pressed.load.busy == 0


async def test_it_is_told_when_it_begins_and_ends(world: World) -> None:
    """One event each, and one for each request; calm means 5 s without any."""
    pressed = Pressed()
    await pressed.load.start()
    id_ = await world.conversation()
    pressed.busy(4)
    async with world.api(load=pressed.load) as api:
        await api.get(f"/v1/conversations/{id_}")
        await api.post(f"/v1/conversations/{id_}/messages", json={"text": "hi"})
    assert pressed.telemetry.events == [
        SheddingChanged("began", "requests", 1),
        RequestShed("read", "requests"),
        RequestShed("message", "requests"),
    ]
    pressed.telemetry.events.clear()
    await pressed.clock.run_for(CALM_S + 2 * LOOK_S)
    assert pressed.telemetry.events == [SheddingChanged("ended", "", 2)]
    await pressed.load.stop()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requests", 0),
        ("lag_s", 0),
        ("commits", 0),
        ("commit_s", 0),
        ("few", 0),
        ("late_s", 0),
        ("read_share", 0),
        ("read_share", 1.1),
    ],
)
def test_out_of_range(name: str, value: float) -> None:
    """A bound out of its range is refused by name."""
    with pytest.raises(ValueError, match=name):
        LoadOptions(**{name: value})  # pyright: ignore[reportArgumentType]
