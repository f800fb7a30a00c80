"""Tools in another process: what reaches them, and what their loss means."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from aiohttp import ClientSession
from tests.conformance.tool_stage import SECRET, Heard, remote, serving
from tests.unit.tools.raw_service import Break, broken_service

from mainstay import Agent, ToolContext
from mainstay.ports.findings import Finding
from mainstay.ports.telemetry import Trouble
from mainstay.ports.tools import ToolDone, ToolDoubt, ToolRefused
from mainstay.system.clock import SystemClock
from mainstay.testing.servers.server import free_port
from mainstay.tools.functions import FunctionTools
from mainstay.tools.remote.comparison import name_differences
from mainstay.tools.remote.options import RemoteOptions
from mainstay.tools.remote.session import ToolSession
from mainstay.tools.remote.tools import RemoteTools
from mainstay.tools.service.options import ServiceOptions
from mainstay.tools.wire.grant import GrantKey
from mainstay.tools.wire.likeness import likeness

CONTEXT = ToolContext("ada", "conversation-1", "turn-1", "key-1")
QUICK = RemoteOptions(accept_s=0.3, patience_s=0.4, margin_s=0.3, compare_every_s=0.05)


class Bench:
    """An agent whose tools note for whom they ran."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, ToolContext]] = []
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.agent = Agent(name="Bench", instructions="Help.", contact="a@example.com")

        @self.agent.tool(effect=True, timeout_s=0.2)
        async def pay(ctx: ToolContext, order_id: str) -> Any:
            """Pay an order back."""
            self.ran.append((order_id, ctx))
            return {"order_id": order_id, "note": None, "rows": [None, {"x": None}]}

        @self.agent.tool(timeout_s=0.2)
        async def look_up(ctx: ToolContext, order_id: str) -> str:
            """Look an order up."""
            self.ran.append((order_id, ctx))
            return order_id

        @self.agent.tool
        async def wait(ctx: ToolContext) -> str:
            """Wait until told to go on."""
            self.began.set()
            await self.go_on.wait()
            return "waited"


@pytest.fixture
async def bench() -> Bench:
    """Give the agent."""
    return Bench()


@pytest.fixture
async def tools(bench: Bench) -> AsyncGenerator[RemoteTools]:
    """Give the worker's side, with the service running."""
    async with serving(bench.agent) as url, remote(bench.agent, url) as tools:
        yield tools


async def test_the_context_travels(bench: Bench, tools: RemoteTools) -> None:
    """A tool is told the customer, conversation, turn and key of the worker's turn."""
    await tools.call("pay", {"order_id": "7"}, CONTEXT)
    assert bench.ran == [("7", CONTEXT)]


async def test_a_result_travels_whole(tools: RemoteTools) -> None:
    """Null is kept wherever it stands in a result."""
    outcome = await tools.call("pay", {"order_id": "7"}, CONTEXT)
    assert isinstance(outcome, ToolDone)
    rows = [None, {"x": None}]
    assert outcome.result == {"order_id": "7", "note": None, "rows": rows}


@pytest.mark.parametrize("text", ["Zoë 🙂", "a\x00b", "half \ud83d", "9" * 5_000])
async def test_any_text_travels(tools: RemoteTools, text: str) -> None:
    """An argument's text arrives as it is, or is refused as it would be in process."""
    outcome = await tools.call("look_up", {"order_id": text}, CONTEXT)
    in_process = await tools._local.call("look_up", {"order_id": text}, CONTEXT)  # noqa: SLF001 - to compare
    assert outcome == in_process


@pytest.mark.parametrize("name", ["customer_id", "ctx", "idempotency_key", "_meta"])
async def test_arguments_never_say_for_whom(
    bench: Bench, tools: RemoteTools, name: str
) -> None:
    """A context among the model's arguments is an unknown argument, and is refused."""
    outcome = await tools.call("pay", {"order_id": "7", name: "eve"}, CONTEXT)
    assert isinstance(outcome, ToolRefused)
    assert not bench.ran


async def test_another_secret_calls_nothing(bench: Bench) -> None:
    """A worker with another secret is refused as a fault, and operators are told."""
    heard = Heard()
    other = SECRET.upper()
    async with (
        serving(bench.agent) as url,
        remote(bench.agent, url, secret=other, telemetry=heard) as tools,
    ):
        outcome = await tools.call("pay", {"order_id": "7"}, CONTEXT)
    assert isinstance(outcome, ToolRefused)
    assert outcome.fault
    assert not bench.ran
    assert any("MAINSTAY_TOOLS_SECRET" in repr(event) for event in heard.events)


async def test_a_plain_mcp_client_calls_nothing(bench: Bench) -> None:
    """A client of any revision of MCP that has no grant is refused."""
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "pay", "arguments": {"order_id": "7"}},
    }
    headers = {"accept": "application/json, text/event-stream"}
    async with serving(bench.agent) as url, ClientSession() as http:
        async with http.post(url, json=call, headers=headers) as response:
            assert "grant" in await response.text()
        async with http.get(url, headers=headers) as response:
            assert response.status == 405
    assert not bench.ran


@pytest.mark.parametrize("means", ["close at once", "503 at once", "silent at once"])
async def test_what_was_not_let_in_did_nothing(bench: Bench, means: Break) -> None:
    """Gone before it asked for the body: refused as a fault, for effects too."""
    async with (
        broken_service(means) as (url, raw),
        remote(bench.agent, url, options=QUICK) as tools,
    ):
        outcome = await tools.call("pay", {"order_id": "7"}, CONTEXT)
        assert outcome == ToolRefused("pay does not work at the moment.", fault=True)
        assert raw.heads >= 2
        assert raw.bodies == []


@pytest.mark.parametrize("means", ["close", "500", "silent", "nonsense"])
async def test_a_lost_effect_is_in_doubt(bench: Bench, means: Break) -> None:
    """Sent and not answered: an effect is in doubt, a lookup a fault; sent once."""
    async with (
        broken_service(means) as (url, raw),
        remote(bench.agent, url, options=QUICK) as tools,
    ):
        assert isinstance(
            await tools.call("pay", {"order_id": "7"}, CONTEXT), ToolDoubt
        )
        assert len(raw.bodies) == 1
        outcome = await tools.call("look_up", {"order_id": "7"}, CONTEXT)
        assert outcome == ToolRefused(
            "look_up does not work at the moment.", fault=True
        )
        assert isinstance(await tools.query("pay", CONTEXT), ToolDoubt)


async def test_no_service_is_a_fault(bench: Bench) -> None:
    """With nobody at the address a call is refused, and a query is doubt."""
    url = f"http://127.0.0.1:{free_port()}/mcp"
    heard = Heard()
    async with remote(bench.agent, url, telemetry=heard, options=QUICK) as tools:
        outcome = await tools.call("pay", {"order_id": "7"}, CONTEXT)
        assert outcome == ToolRefused("pay does not work at the moment.", fault=True)
        assert isinstance(await tools.query("pay", CONTEXT), ToolDoubt)
    assert any("cannot be reached" in repr(event) for event in heard.events)
    assert all(SECRET not in repr(event) for event in heard.events)


async def test_a_service_that_comes_back_is_used(bench: Bench) -> None:
    """A call waits for a service that restarts, and is carried out once."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/mcp"
    async with remote(bench.agent, url) as tools:
        async with serving(bench.agent, port=port):
            await tools.call("look_up", {"order_id": "1"}, CONTEXT)
        waiting = asyncio.create_task(tools.call("pay", {"order_id": "7"}, CONTEXT))
        async with serving(bench.agent, port=port):
            assert isinstance(await waiting, ToolDone)
    assert [order for order, _ in bench.ran] == ["1", "7"]


async def test_running_calls_finish_at_a_stop(bench: Bench) -> None:
    """A call that runs when the service is stopped gets to finish."""
    stack = contextlib.AsyncExitStack()
    url = await stack.enter_async_context(serving(bench.agent))
    async with remote(bench.agent, url) as tools:
        calling = asyncio.create_task(tools.call("wait", {}, CONTEXT))
        await bench.began.wait()
        stopping = asyncio.create_task(stack.aclose())
        bench.go_on.set()
        assert await calling == ToolDone("waited")
        await stopping


async def test_too_many_calls_are_refused(bench: Bench) -> None:
    """Above the limit a call is refused before it begins, and works again later."""
    limits = ServiceOptions(max_calls=1)
    async with (
        serving(bench.agent, options=limits) as url,
        remote(bench.agent, url) as tools,
    ):
        first = asyncio.create_task(tools.call("wait", {}, CONTEXT))
        await bench.began.wait()
        refused = await tools.call("pay", {"order_id": "7"}, CONTEXT)
        assert isinstance(refused, ToolRefused)
        assert refused.fault
        bench.go_on.set()
        await first
        assert isinstance(await tools.call("pay", {"order_id": "7"}, CONTEXT), ToolDone)
    assert len(bench.ran) == 1


async def test_a_long_request_is_refused(bench: Bench) -> None:
    """A body above the limit is refused unread; the connection serves the next call."""
    limits = ServiceOptions(max_request_bytes=4_000)
    async with (
        serving(bench.agent, options=limits) as url,
        remote(bench.agent, url) as tools,
    ):
        outcome = await tools.call("pay", {"order_id": "9" * 5_000}, CONTEXT)
        assert outcome == ToolRefused("pay does not work at the moment.", fault=True)
        assert isinstance(await tools.call("pay", {"order_id": "7"}, CONTEXT), ToolDone)


async def test_other_tools_are_told(bench: Bench) -> None:
    """A service with other tools is trouble by name; what it lacks is refused."""
    other = Agent(name="Other", instructions="Help.", contact="a@example.com")

    @other.tool
    async def pay(order_id: str, currency: str) -> str:
        """Pay an order back."""
        return order_id + currency

    heard = Heard()
    async with (
        serving(other) as url,
        remote(bench.agent, url, telemetry=heard, options=QUICK) as tools,
    ):
        await tools.start()
        event = await heard.wait_for("different agents")
        assert isinstance(event, Trouble)
        assert "look_up" in event.error
        assert "other arguments or effect: pay" in event.error
        outcome = await tools.call("look_up", {"order_id": "7"}, CONTEXT)
        assert outcome == ToolRefused(
            "look_up does not work at the moment.", fault=True
        )


async def test_equal_tools_are_no_trouble(bench: Bench) -> None:
    """Of two sides with the same agent the comparison finds nothing to say."""
    specs = FunctionTools(bench.agent, Heard()).list()
    here = {
        spec.name: likeness(spec.input_schema, effect=spec.effect) for spec in specs
    }
    async with serving(bench.agent) as url:
        session = ToolSession(url, GrantKey(SECRET), SystemClock(), QUICK)
        there = await session.list(5)
        await session.close()
    assert set(there) == {"pay", "look_up", "wait"}
    assert name_differences(here, there) == ""


async def test_start_and_close_may_be_repeated(bench: Bench) -> None:
    """The worker's side can be started twice, closed twice, and used again."""
    async with serving(bench.agent) as url, remote(bench.agent, url) as tools:
        await tools.start()
        await tools.start()
        await tools.close()
        await tools.close()
        outcome = await tools.call("look_up", {"order_id": "7"}, CONTEXT)
    assert outcome == ToolDone("7")


async def test_a_call_has_its_tools_time(bench: Bench) -> None:
    """A call that was let in may last longer than being let in may."""
    options = RemoteOptions(accept_s=0.1, patience_s=0.1)
    async with (
        serving(bench.agent) as url,
        remote(bench.agent, url, options=options) as tools,
    ):
        calling = asyncio.create_task(tools.call("wait", {}, CONTEXT))
        await bench.began.wait()
        asyncio.get_running_loop().call_later(0.3, bench.go_on.set)
        assert await calling == ToolDone("waited")


async def test_watchers_ask_without_a_grant(bench: Bench) -> None:
    """Liveness, readiness and metrics answer on the same port."""
    async with serving(bench.agent) as url, ClientSession() as http:
        for path in ("/health/live", "/health/ready", "/metrics"):
            async with http.get(url.removesuffix("/mcp") + path) as response:
                assert response.status == 200
        async with http.get(url.removesuffix("/mcp") + "/health") as response:
            assert await response.json() == {
                "api_up": True,
                "overall_healthy": True,
                "calls_running": 0,
            }


async def test_a_worker_can_tell_whether_the_service_is_there(bench: Bench) -> None:
    """By a request that its grant is good for; not there is told, not raised."""
    options = RemoteOptions(patience_s=0.01)
    async with serving(bench.agent) as url:
        async with remote(bench.agent, url, options=options) as tools:
            assert await tools.reach() == Finding(ok=True)
        nobody = "http://127.0.0.1:9/mcp"
        async with remote(bench.agent, nobody, options=options) as tools:
            found = await tools.reach()
    assert not found.ok
    assert found.detail.startswith("cannot be used now: ")
    assert "127.0.0.1" not in found.detail


async def test_an_unread_connection_is_closed(bench: Bench) -> None:
    """A caller that gives a call up leaves its effect running, and no connection."""
    async with serving(bench.agent) as url, remote(bench.agent, url) as tools:
        calling = asyncio.create_task(tools.call("wait", {}, CONTEXT))
        await bench.began.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        bench.go_on.set()
        assert isinstance(await tools.call("pay", {"order_id": "7"}, CONTEXT), ToolDone)


async def test_a_port_without_a_listener_is_free() -> None:
    """The service's socket is closed when it has stopped."""
    bench = Bench()
    async with serving(bench.agent) as url:
        port = int(url.split(":")[2].split("/")[0])
    with socket.create_server(("127.0.0.1", port)) as again:
        assert again.getsockname()[1] == port
