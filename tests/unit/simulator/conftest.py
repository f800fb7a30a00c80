"""A simulator for each test: in process for its rules, over TCP for its wire."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import anthropic  # the SDK is the witness
import httpx2
import pytest

from mainstay.simulator.application import app
from mainstay.simulator.options import Options
from mainstay.simulator.server import running

SONNET = "claude-sonnet-5-5"
HEADERS = {"x-api-key": "any", "anthropic-version": "2026-10-21"}

Post = Callable[..., Awaitable[httpx2.Response]]
Refused = Callable[..., Awaitable[str]]


def _tool(name: str, description: str, **properties: Any) -> dict[str, Any]:
    required = [n for n, p in properties.items() if not p.pop("optional", False)]
    schema = {"type": "object", "properties": properties, "required": required}
    return {"name": name, "description": description, "input_schema": schema}


@pytest.fixture
def shop_tools() -> list[dict[str, Any]]:
    """The sample shop's tools."""
    text = {"type": "string"}
    money = {"anyOf": [{"type": "number"}, {"type": "string"}], "optional": True}
    return [
        _tool("lookup_order", "Look an order up.", order_id=dict(text)),
        _tool("list_orders", "List the customer's orders."),
        _tool("refund_order", "Refund an order.", order_id=dict(text), amount=money),
        _tool("create_ticket", "Open a ticket.", subject=dict(text), body=dict(text)),
        _tool("search_help", "Search the help articles.", query=dict(text)),
        _tool("escalate_to_human", "Hand over to a person.", reason=dict(text)),
    ]


class Sim:
    """One simulator without a socket."""

    def __init__(self, options: Options | None = None) -> None:
        transport = httpx2.ASGITransport(app(options))
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://sim")

    async def post(
        self, headers: dict[str, str] | None = None, **fields: Any
    ) -> httpx2.Response:
        """Post a good message, but for ``fields``; None leaves a field out."""
        user = {"role": "user", "content": "Hello"}
        body = {"model": SONNET, "max_tokens": 500, "messages": [user], **fields}
        body = {k: v for k, v in body.items() if v is not None}
        given = HEADERS if headers is None else headers
        return await self.http.post("/v1/messages", json=body, headers=given)

    async def refused(
        self, status: int = 400, type_: str = "invalid_request_error", **fields: Any
    ) -> str:
        """Return the message of a refusal of this status and type."""
        response = await self.post(**fields)
        body = response.json()
        assert response.status_code == status, body
        assert body["type"] == "error"
        assert body["error"]["type"] == type_
        assert body["request_id"] == response.headers["request-id"]
        return body["error"]["message"]

    async def said(self, **fields: Any) -> dict[str, Any]:
        """Return the message that answers a good request."""
        response = await self.post(**fields)
        assert response.status_code == 200, response.text
        return response.json()

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use one of the simulator's own routes."""
        content = None if body is None else json.dumps(body)
        return await self.http.request(method, path, content=content)

    async def get(self, path: str) -> httpx2.Response:
        """Get from the API."""
        return await self.http.get(path, headers=HEADERS)


@pytest.fixture
def sim() -> Sim:
    """A simulator with the default options."""
    return Sim()


@pytest.fixture
def sim_with() -> Callable[..., Sim]:
    """Makes a simulator with options."""
    return lambda **options: Sim(Options(**options))


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """The address of a simulator that listens."""
    async with running() as url:
        yield url


@pytest.fixture
async def claude(address: str) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """The official SDK, pointed at the simulator."""
    async with anthropic.AsyncAnthropic(
        api_key="any", base_url=address, max_retries=0
    ) as client:
        yield client


@pytest.fixture
async def set_faults(address: str) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Sets faults over HTTP while the simulator runs."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=address))

        async def put(**faults: Any) -> None:
            body = {"*" if model == "all" else model: f for model, f in faults.items()}
            response = await client.put("/faults", json=body)
            assert response.status_code == 200, response.text

        yield put
