"""Customers who write at a steady rate, whatever the answers take."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

TALKS = 1500
"""Conversations, written to in turn: at 50 messages a second, every 30 s each."""

WAIT_S = 29
ANSWERED, ACCEPTED = 200, 202


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and what came of it.

    Args:
        sent_s: when it was sent (Unix time).
        wait_s: how long its customer waited for a reply.
        level: the reply's, None when none came within 29 s.
        status: of the response, 0 for a connection that broke.
    """

    sent_s: float
    wait_s: float
    level: int | None
    status: int


class Customers:
    """Many customers, half of them at each gateway.

    Args:
        addresses: the gateways.
        key: an API key.
        rate_per_s: messages a second.
    """

    def __init__(self, addresses: Sequence[str], key: str, rate_per_s: float) -> None:
        self._addresses = addresses
        self._headers = {"Authorization": f"Bearer {key}"}
        self._rate_per_s = rate_per_s
        self._talks: list[str] = []
        self._http: aiohttp.ClientSession | None = None
        self.heard: list[Heard] = []

    async def __aenter__(self) -> Self:
        """Connect, and open the conversations."""
        wires = aiohttp.TCPConnector(limit=0, keepalive_timeout=3)
        self._http = aiohttp.ClientSession(connector=wires, headers=self._headers)
        for n in range(TALKS):
            _, body = await self._post(n, "/v1/conversations", {"customer_id": f"c{n}"})
            self._talks.append(body["id"])
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        if self._http is not None:
            await self._http.close()

    async def talk(self, done: asyncio.Event) -> None:
        """Send at the rate until ``done``, and wait for the replies."""
        began_s, sent = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while not done.is_set():
                group.create_task(self._say(sent))
                sent += 1
                due_s = began_s + sent / self._rate_per_s
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    async def _say(self, n: int) -> None:
        path = f"/v1/conversations/{self._talks[n % TALKS]}/messages?wait={WAIT_S}"
        sent_s, began_s = time.time(), time.monotonic()
        body = {"text": f"Message {n}: please note my wish."}
        try:
            status, answer = await self._post(n, path, body)
        except aiohttp.ClientError:
            status, answer = 0, {}
        level = answer["reply"]["fallback_level"] if status == ANSWERED else None
        self.heard.append(Heard(sent_s, time.monotonic() - began_s, level, status))

    async def _post(
        self, n: int, path: str, body: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        if self._http is None:
            raise RuntimeError("use it as a context")
        address = self._addresses[n % TALKS % len(self._addresses)]
        async with self._http.post(address + path, json=body) as answer:
            return answer.status, await answer.json(content_type=None)
