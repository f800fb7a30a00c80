"""All fakes put together, and the ways to talk to the gateway on top of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from gateway_ports import (
    NOW_MS,
    FakeAnswers,
    FakeBreakers,
    FakeClock,
    FakeFeed,
    FakeIds,
    FakeKeys,
    FakeLimiter,
    FakeQueue,
    FakeSpend,
    FakeTelemetry,
)
from gateway_store import FakeDesk, FakeStore

from mainstay.desk.routes import DeskDeps, DeskRoutes
from mainstay.gateway.app import Gateway, build_app
from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.keyring import digest_of
from mainstay.ports.inbox import NewConversation
from mainstay.ports.keys import ApiKey, KeyRole

CLIENT = "c" * 40
OPERATOR = "o" * 40
ADMIN = "a" * 40


class World:
    """All fakes, put together."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.ids = FakeIds()
        self.feed = FakeFeed()
        self.store = FakeStore(self.ids, self.feed)
        self.desk = FakeDesk(self.store)
        self.keys = FakeKeys(self.ids)
        self.answers = FakeAnswers()
        self.spend = FakeSpend()
        self.queue = FakeQueue()
        self.limiter = FakeLimiter()
        self.telemetry = FakeTelemetry()
        self.breakers = FakeBreakers()
        roles: tuple[tuple[str, KeyRole], ...] = (
            (CLIENT, "client"),
            (OPERATOR, "operator"),
            (ADMIN, "admin"),
        )
        for secret, role in roles:
            key = ApiKey(self.ids.new("key"), role, role, NOW_MS, None)
            self.keys.stored[digest_of(secret)] = key

    def deps(self, **more: Any) -> GatewayDeps:
        """Return the gateway's dependencies."""
        return GatewayDeps(
            inbox=self.store,
            conversations=self.store,
            desk=self.desk,
            keys=self.keys,
            answers=self.answers,
            spend=self.spend,
            queue=self.queue,
            feed=self.feed,
            clock=self.clock,
            ids=self.ids,
            limiter=self.limiter,
            telemetry=self.telemetry,
            breakers=self.breakers,
            render_metrics=_metrics,
            **more,
        )

    def app(self, options: GatewayOptions | None = None, **more: Any) -> Gateway:
        """Return the gateway with the desk."""
        desk = DeskRoutes(DeskDeps(self.desk, self.feed, self.queue, self.telemetry))
        return build_app(self.deps(parts=[desk.mount], **more), options)

    def api(
        self,
        secret: str | None = CLIENT,
        options: GatewayOptions | None = None,
        **more: Any,
    ) -> httpx2.AsyncClient:
        """Return a client of a gateway of its own."""
        return self.client(self.app(options, **more), secret)

    def client(self, app: Gateway, secret: str | None = CLIENT) -> httpx2.AsyncClient:
        """Return a client of a gateway."""
        headers = {} if secret is None else {"authorization": f"Bearer {secret}"}
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app, raise_app_exceptions=True),
            base_url="http://gateway",
            headers=headers,
        )

    async def conversation(self, customer_id: str = "ann") -> str:
        """Open a conversation behind the gateway's back."""
        new = NewConversation(customer_id, "api", {})
        return (await self.store.open(new)).id


class Wire:
    """One raw ASGI request, whose answer is read piece by piece.

    Args:
        app: the gateway.
        path: the path.
        query: the query string.
        headers: request headers beside the credentials.
    """

    def __init__(
        self,
        app: Gateway,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        pairs = {"authorization": f"Bearer {CLIENT}", **(headers or {})}
        self.scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode()) for k, v in pairs.items()],
            "state": {},
        }
        self.app = app
        self.stuck = asyncio.Event()
        self.stuck.set()
        self.status = 0
        self.text = ""
        self.over = False
        self._news = asyncio.Event()
        self._gone = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Wire"]:
        """Send the request; hang up at the end."""
        task = asyncio.create_task(self.app(self.scope, self._receive, self._send))
        try:
            yield self
        finally:
            self._gone.set()
            self.stuck.set()
            await task

    async def until(self, text: str) -> str:
        """Return what came, once ``text`` is in it."""
        async with asyncio.timeout(5):
            while text not in self.text:
                await self._news.wait()
                self._news.clear()
        return self.text

    async def end(self) -> None:
        """Wait for the end of the answer."""
        async with asyncio.timeout(5):
            while not self.over:
                await self._news.wait()
                self._news.clear()

    def hang_up(self) -> None:
        """Go away."""
        self._gone.set()

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.stuck.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message.get("body", b"").decode()
            self.over = not message.get("more_body", False)
        self._news.set()


async def _metrics() -> bytes:
    return b"# HELP up It is.\n"
