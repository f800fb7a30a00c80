"""Customers who write all the time, and take note of everything that goes wrong."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from tests.chaos.apart import AUTH

ASKED = {"text": "Where is order 1042?"}
WAIT_S = 25
RETRY_S = 1.0
"""What the stream tells its readers to wait before they come back."""


@dataclass
class Seen:
    """What all clients saw.

    Args:
        took_s: when each message was sent, and the seconds to its reply.
        levels: of the replies.
        deltas: pieces of replies that came live.
        streams: connections that readers made.
        repeats: messages sent once more, after a connection that had been idle closed.
        errors: what no client should see.
    """

    took_s: list[tuple[float, float]] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    deltas: int = 0
    streams: int = 0
    repeats: int = 0
    errors: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def replies(self, count: int) -> None:
        """Return when so many replies have come, or an error; within 60 s."""
        async with asyncio.timeout(60):
            while len(self.took_s) < count and not self.errors:
                self._news.clear()
                await self._news.wait()

    def replied(self, sent_at: float, level: int) -> None:
        """Note a reply."""
        self.took_s.append((sent_at, time.monotonic() - sent_at))
        self.levels.append(level)
        self._news.set()


class Customer:
    """One customer in one conversation, who writes again after each reply.

    Args:
        base: the balancer.
        number: who.
        seen: takes notes.
        pause_s: between a reply and the next message.
        notice_s: whoever hears from a gateway in this time before it closes
            connections hears of that.
    """

    def __init__(
        self, base: str, number: int, seen: Seen, pause_s: float, notice_s: float
    ) -> None:
        self._base = base
        self._number = number
        self._seen = seen
        self._pause_s = pause_s
        self._notice_s = notice_s
        self._sent = 0
        self._heard_at = 0.0
        self.end = asyncio.Event()

    async def wait_for_replies(self) -> None:
        """Write, and wait in the same request for the reply."""
        async with self._talking() as (http, path):
            while not self.end.is_set():
                sent_at, answer = await self._post(
                    http, f"{path}/messages?wait={WAIT_S}"
                )
                level = await self._level(http, answer)
                self._seen.replied(sent_at, level)
                await self._pause()

    async def follow(self) -> None:
        """Write, and hear the reply in the stream."""
        async with self._talking() as (http, path):
            replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
            reading = asyncio.create_task(self._read(http, path, replies))
            while not self.end.is_set():
                sent_at, answer = await self._post(http, f"{path}/messages")
                reply = await replies.get()
                if reply["turn_id"] != answer["turn_id"]:
                    self._seen.errors.append(f"reply of {reply} for {answer}")
                self._seen.replied(sent_at, reply["fallback_level"])
                await self._pause()
            reading.cancel()

    @contextlib.asynccontextmanager
    async def _talking(self) -> AsyncGenerator[tuple[aiohttp.ClientSession, str]]:
        try:
            async with aiohttp.ClientSession(self._base, headers=AUTH) as http:
                # Apart from each other, so that the load is even.
                await asyncio.sleep(self._number * 0.1)
                body = {"customer_id": "demo"}
                async with http.post("/v1/conversations", json=body) as got:
                    path = f"/v1/conversations/{(await got.json())['id']}"
                self._heard_at = time.monotonic()
                yield http, path
        except (aiohttp.ClientError, OSError, KeyError, TimeoutError) as error:
            self._seen.errors.append(f"customer {self._number}: {error!r}")

    async def _post(
        self, http: aiohttp.ClientSession, path: str
    ) -> tuple[float, dict[str, Any]]:
        self._sent += 1
        sent_at = time.monotonic()
        try:
            answer = await self._answered(http, path)
        except aiohttp.ClientConnectionError:
            if sent_at - self._heard_at < self._notice_s:
                raise
            # As HTTP clients do that know the header: its key makes that safe.
            self._seen.repeats += 1
            answer = await self._answered(http, path)
        self._heard_at = time.monotonic()
        return sent_at, answer

    async def _answered(self, http: aiohttp.ClientSession, path: str) -> dict[str, Any]:
        headers = {"Idempotency-Key": f"{self._number}-{self._sent}"}
        async with http.post(path, json=ASKED, headers=headers) as got:
            if got.status not in (200, 202):
                self._seen.errors.append(f"{got.status}: {await got.text()}")
            return await got.json()

    async def _level(self, http: aiohttp.ClientSession, answer: dict[str, Any]) -> int:
        """Return how the reply was made; one that did not come in time is asked for."""
        while "reply" not in answer or answer["reply"] is None:
            async with http.get(f"/v1/turns/{answer['turn_id']}") as got:
                answer = {"turn_id": answer["turn_id"], **await got.json()}
                self._heard_at = time.monotonic()
            await asyncio.sleep(0.05)
        return answer["reply"]["fallback_level"]

    async def _read(
        self,
        http: aiohttp.ClientSession,
        path: str,
        replies: "asyncio.Queue[dict[str, Any]]",
    ) -> None:
        """Read as a browser does: a stream that ends is opened again."""
        last = 0
        async with self._noted():
            while True:
                headers = {"Last-Event-ID": str(last)}
                limit = aiohttp.ClientTimeout(total=None, sock_read=30)
                url = f"{path}/events"
                async with http.get(url, headers=headers, timeout=limit) as stream:
                    self._seen.streams += 1
                    if stream.status != 200:
                        self._seen.errors.append(f"stream: {stream.status}")
                    last = await self._events(stream, last, replies)
                await asyncio.sleep(RETRY_S)

    async def _events(
        self,
        stream: aiohttp.ClientResponse,
        last: int,
        replies: "asyncio.Queue[dict[str, Any]]",
    ) -> int:
        fields: dict[str, str] = {}
        async for raw in stream.content:
            name, _, value = raw.decode().rstrip("\n").partition(":")
            if name:
                fields[name] = value.lstrip()
                continue
            if "id" in fields:
                if int(fields["id"]) <= last:
                    self._seen.errors.append(f"event {fields} after {last}")
                last = int(fields["id"])
            self._seen.deltas += fields.get("event") == "delta"
            data = json.loads(fields.get("data", "{}"))
            if fields.get("event") == "message" and data["role"] == "agent":
                replies.put_nowait(data)
            fields = {}
        return last

    @contextlib.asynccontextmanager
    async def _noted(self) -> AsyncGenerator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever a reader sees
            self._seen.errors.append(f"reader {self._number}: {error!r}")

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.end.wait(), self._pause_s)
