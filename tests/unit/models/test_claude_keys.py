"""The key of a call: the current one, and what becomes of one that is refused."""

import asyncio

import pytest
from tests.unit.models.event_streams import REPLY, asked
from tests.unit.models.wire_server import head, sends, serving, streams

from mainstay.domain.model_call import ModelFailure
from mainstay.domain.step import ModelStep
from mainstay.models.claude import ClaudeModel
from mainstay.testing.clock import ManualClock
from mainstay.testing.secret import GivenSecret

REFUSED = sends(b"HTTP/1.1 401 X\r\ncontent-length: 0\r\n\r\n")


def keys(server) -> list[str]:
    """Return the key of each request."""
    return [
        line.split(" ")[2]
        for request, _ in server.requests
        for line in request.splitlines()
        if line.lower().startswith("authorization: bearer ")
    ]


async def test_each_call_uses_the_key_of_its_time():
    """A new key needs no new client: the connection is the same."""
    key = GivenSecret("old")
    async with serving(streams(REPLY)) as server:
        model = ClaudeModel(key, server.address, ManualClock())
        assert isinstance(await model.call(asked(), print), ModelStep)
        key.value = "new"
        assert isinstance(await model.call(asked(), print), ModelStep)
        await model.close()
        assert keys(server) == ["old", "new"]
        assert server.connections == 1


async def test_a_call_under_way_ends_with_its_key():
    """What was accepted with the old key is answered, whatever comes meanwhile."""
    key, go, arrived = GivenSecret("old"), asyncio.Event(), asyncio.Semaphore(0)

    async def talk(writer: asyncio.StreamWriter) -> None:
        arrived.release()
        await go.wait()
        await streams(REPLY)(writer)

    async with serving(talk) as server:
        model = ClaudeModel(key, server.address, ManualClock())
        first = asyncio.create_task(model.call(asked(), print))
        await arrived.acquire()
        key.value = "new"
        second = asyncio.create_task(model.call(asked(), print))
        await arrived.acquire()
        go.set()
        assert isinstance(await first, ModelStep)
        assert isinstance(await second, ModelStep)
        await model.close()
        assert keys(server) == ["old", "new"]


async def test_a_refused_key_that_was_replaced_is_another_failure():
    """401 with a new key at hand is "rotated": the ladder tries again at once."""
    key = GivenSecret("old", following=["new"])
    async with serving(REFUSED) as server:
        model = ClaudeModel(key, server.address, ManualClock())
        outcome = await model.call(asked(), print)
        assert isinstance(outcome, ModelFailure)
        assert (outcome.kind, outcome.status) == ("rotated", 401)
        assert key.refused == ["old"]
        server.talk = streams(REPLY)
        assert isinstance(await model.call(asked(), print), ModelStep)
        await model.close()
        assert keys(server) == ["old", "new"]


async def test_a_refused_key_that_is_still_current_is_refused_for_good():
    """401 without another key is "auth": a human must look."""
    key = GivenSecret("old")
    async with serving(REFUSED) as server:
        model = ClaudeModel(key, server.address, ManualClock())
        outcome = await model.call(asked(), print)
        assert isinstance(outcome, ModelFailure)
        assert outcome.kind == "auth"
        await model.close()


@pytest.mark.parametrize("status", [400, 403, 429, 500, 529])
async def test_only_401_asks_for_another_key(status: int):
    """Spend limits, permissions and outages are not cured by looking for a key."""
    key = GivenSecret("old", following=["new"])
    async with serving(sends(head(status), b"0\r\n\r\n")) as server:
        model = ClaudeModel(key, server.address, ManualClock())
        assert isinstance(await model.call(asked(), print), ModelFailure)
        await model.close()
    assert key.refused == []
