"""How a call ends that does not go well: in time, as a value, and cleanly."""

import asyncio

import pytest
from tests.unit.models.event_streams import (
    REPLY,
    asked,
    event,
    opened,
    start,
)
from tests.unit.models.wire_server import (
    chunk,
    hangs_up_after,
    head,
    keeps_silent_after,
    pings_after,
    serving,
    streams,
)

from mainstay.domain.model_call import ModelFailure
from mainstay.domain.step import ModelStep, Usage
from mainstay.models.claude import ClaudeModel
from mainstay.models.connection import Connection
from mainstay.testing.clock import ManualClock
from mainstay.testing.secret import GivenSecret

HALF = (
    start()
    + opened(0, {"type": "text", "text": ""})
    + event(
        "content_block_delta", index=0, delta={"type": "text_delta", "text": "Good "}
    )
)


async def test_a_body_without_end_costs_no_reply(wired):
    """A whole reply counts even if the server neither ends nor keeps the connection."""
    for talk in (keeps_silent_after, pings_after, hangs_up_after):
        here = await wired(talk(head(), chunk(REPLY)))
        assert (await here.answers(idle_s=5)).text == "Good morning."


async def test_pings_are_no_first_token(wired):
    """Pings, and a start without content, do not hold off the first limit."""
    here = await wired(pings_after(head(), chunk(start())))
    failure = await here.fails(first_token_s=0.3, idle_s=9)
    assert (failure.kind, failure.shown) == ("slow", False)
    assert failure.detail == "no first token in 0.3 s"
    await here.server.hung_up.wait()


async def test_pings_are_no_further_token(wired):
    """After content, silence is measured from the last content, whatever pings."""
    here = await wired(pings_after(head(), chunk(HALF)))
    failure = await here.fails(first_token_s=9, idle_s=0.1)
    assert (failure.kind, failure.shown) == ("slow", True)
    assert failure.detail == "no further token in 0.1 s"
    assert here.heard == ["Good "]


async def test_what_broke_off_tells_what_it_cost(wired):
    """The prompt was read; of a call that never began nothing is known."""
    told = start(input_tokens=90, output_tokens=1, cache_read_input_tokens=7)
    for talk in (keeps_silent_after, hangs_up_after, pings_after):
        here = await wired(talk(head(), chunk(told)))
        failure = await here.fails(first_token_s=0.1)
        assert failure.usage == Usage(90, 1, 7, 0)
        here = await wired(talk(head()))
        assert (await here.fails(first_token_s=0.1)).usage == Usage()


async def test_a_trickle_is_cut_at_the_whole_limit(wired):
    """Content that never ends keeps the call alive, but not beyond its end."""

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunk(HALF))
        delta = {"type": "text_delta", "text": "."}
        while True:
            writer.write(chunk(event("content_block_delta", index=0, delta=delta)))
            await asyncio.sleep(0.01)

    here = await wired(talk)
    failure = await here.fails(timeout_s=0.3, idle_s=0.2)
    assert (failure.kind, failure.detail) == ("slow", "not over in 0.3 s")
    assert len(here.heard) > 5


async def test_silence_before_the_head_is_slow(wired):
    """A server that takes the request and says nothing is slow."""
    here = await wired(keeps_silent_after())
    assert (await here.fails(first_token_s=0.05)).kind == "slow"
    assert (await here.fails(timeout_s=0.05)).kind == "slow"


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"HTTP/1.1 200 OK\r\n",),
        (b"no HTTP at all\r\n\r\n",),
        (head(), chunk(start())),
        (head(), chunk(HALF)),
        (head(), chunk(HALF)[:-9]),
    ],
)
async def test_a_connection_that_breaks_is_cut(wired, parts):
    """Wherever the connection breaks, the call is cut, and says if text was shown."""
    here = await wired(hangs_up_after(*parts))
    failure = await here.fails()
    assert failure.kind == "cut"
    assert failure.shown == bool(here.heard)


async def test_a_closed_port_is_cut(wired):
    """Nobody listening is a broken connection, told at once."""
    async with serving(streams(REPLY)) as server:
        address = server.address
    model = ClaudeModel(GivenSecret("key"), address, ManualClock())
    outcome = await model.call(asked(), print)
    assert isinstance(outcome, ModelFailure)
    assert (outcome.kind, outcome.status) == ("cut", None)
    await model.close()


async def test_a_cancelled_call_hangs_up(wired):
    """Cancelling a call closes its connection, so that no more tokens are paid for."""
    here = await wired(pings_after(head(), chunk(HALF)))
    calling = asyncio.create_task(here.call())
    await here.speaking.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await here.server.hung_up.wait()


async def test_one_call_too_many_is_shed(wired):
    """Beyond its limit the adapter refuses at once, and takes calls again later."""
    here = await wired(pings_after(head(), chunk(HALF)), max_calls=2)
    first = [asyncio.create_task(here.call()) for _ in range(2)]
    await here.speaking.wait()
    assert (await here.model.call(asked(), print)) == ModelFailure(
        "shed", "2 calls are in flight"
    )
    for task in first:
        task.cancel()
    await asyncio.wait(first)
    here.server.talk = streams(REPLY)
    await here.answers()


async def test_many_calls_at_once_have_connections(wired):
    """A worker's turns in flight never wait for one another's connections."""
    arrived = asyncio.Event()
    waiting = 0

    async def talk(writer: asyncio.StreamWriter) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 100:
            arrived.set()
        await arrived.wait()
        writer.write(head() + chunk(REPLY) + chunk(b""))

    here = await wired(talk)
    outcomes = await asyncio.gather(*(here.call() for _ in range(100)))
    assert all(isinstance(outcome, ModelStep) for outcome in outcomes)


async def test_a_listener_that_raises_is_heard(wired):
    """A fault of our own is no failure of the other side."""
    here = await wired(streams(REPLY))

    def listener(_: str) -> None:
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        await here.model.call(asked(), listener)


async def test_nothing_raw_leaves_the_adapter(wired, monkeypatch):
    """What no SDK is known to raise is a failure all the same, told by its type."""
    here = await wired(streams(REPLY))

    async def breaks(*_: object) -> None:
        raise LookupError("Ada said no")

    monkeypatch.setattr(Connection, "post", breaks)
    failure = await here.fails()
    assert (failure.kind, failure.detail) == ("unforeseen", "LookupError")
    monkeypatch.undo()
    assert (await here.answers()).text == "Good morning."
