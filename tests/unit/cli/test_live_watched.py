"""The live view against a gateway that the test plays."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mainstay.cli.live.look import Look
from mainstay.cli.live.page import sums
from mainstay.cli.live.watched import PATHS, QUEUE, Watched
from mainstay.domain.errors import MainstayError

PAGE = '# TYPE mainstay_turns_total counter\nmainstay_turns_total{level="0"} 7.0\n'
NOBODY = "http://127.0.0.1:9"


@dataclass
class Gateway:
    """Answers as told.

    Args:
        page: its metrics.
        statuses: by path, where it is not 200.
    """

    page: str = PAGE
    statuses: dict[str, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer."""
        self.keys.add(request.headers.get("Authorization", ""))
        status = self.statuses.get(request.path, 200)
        if request.path == "/metrics":
            return web.Response(text=self.page, status=status)
        return web.json_response({"path": request.path}, status=status)


@pytest.fixture
async def gateway() -> AsyncIterator[tuple[Gateway, str]]:
    """Give a gateway and its address."""
    one = Gateway()
    app = web.Application()
    app.router.add_get("/{path:.*}", one.answer)
    async with TestServer(app) as server:
        yield one, str(server.make_url("")).rstrip("/")


async def look(address: str, *workers: str) -> Look:
    """Look once."""
    async with aiohttp.ClientSession() as session:
        return await Watched(session, address, workers, "key").look()


async def test_a_look_asks_for_everything(gateway: tuple[Gateway, str]) -> None:
    """Metrics of all, the rest of the gateway, with the key."""
    one, address = gateway
    found = await look(address)
    assert found.told == {path: {"path": path} for path in PATHS}
    assert sums(found.pages[address], "mainstay_turns_total") == {(): 7.0}
    assert (found.silent, found.gone) == ({}, None)
    assert one.keys == {"Bearer key"}


async def test_a_worker_does_not_get_the_key(gateway: tuple[Gateway, str]) -> None:
    """Its metrics need none, and nobody knows who answers there."""
    worker, address = gateway
    found = await look(NOBODY, address)
    assert set(found.pages) == {address}
    assert worker.keys == {""}


async def test_what_fails_is_named_and_the_rest_is_there(
    gateway: tuple[Gateway, str],
) -> None:
    """A store that is away takes its own figures with it, and no others."""
    one, address = gateway
    one.statuses[QUEUE] = 503
    found = await look(address, NOBODY)
    assert found.silent == {QUEUE: "status 503", NOBODY: "nobody listens there"}
    assert set(found.told) == set(PATHS) - {QUEUE}
    assert found.gone is None


async def test_a_gateway_that_is_gone(gateway: tuple[Gateway, str]) -> None:
    """Nothing came of it; a worker's metrics are there all the same."""
    _, worker = gateway
    found = await look(NOBODY, worker)
    assert found.gone == "nobody listens there"
    assert set(found.pages) == {worker}


async def test_another_server_is_not_believed(gateway: tuple[Gateway, str]) -> None:
    """What does not look like metrics is none."""
    one, address = gateway
    one.page = "<html>hello</html>"
    assert (await look(address)).silent == {address: "its answer is not Mainstay's"}


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_ends_it(gateway: tuple[Gateway, str], status: int) -> None:
    """The error names the way out."""
    one, address = gateway
    one.statuses[QUEUE] = status
    with pytest.raises(MainstayError, match="administrator with --key"):
        await look(address)
