"""Customers of the driller's own, for a system that has too few."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from mainstay.checklist.web import Ask, Request, Unreachable
from mainstay.ports.clock import Clock

PAUSE_S = 1.0
"""Between two messages of one customer."""

TALK = 5
"""Messages of a conversation; then a new one begins."""

CREATED, ACCEPTED = 201, 202
SAID = (
    "where is order 1042?",
    "how long does shipping take?",
    "how do I return a jacket?",
    "which orders do I have?",
    "what does a gift card cost?",
)


@dataclass(slots=True)
class Customers:
    """Write over HTTP, and wait for nothing: what they lived through the store tells.

    Args:
        url: of a gateway.
        key: an API key.
        count: how many write at the same time.
        ask: makes requests.
        clock: for the pauses.
        said: what they say, in turn.
    """

    url: str
    key: str
    count: int
    ask: Ask
    clock: Clock
    said: Sequence[str] = SAID
    refused: int = 0
    accepted: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def start(self) -> None:
        """Let them write."""
        for n in range(self.count):
            self._tasks.append(asyncio.create_task(self._write(f"drill_{n}", n)))

    async def stop(self) -> None:
        """Let them stop; may be repeated."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _write(self, customer: str, n: int) -> None:
        # Not all at one moment.
        await self.clock.sleep(PAUSE_S * n / self.count)
        while True:
            with suppress(Unreachable, ValueError, KeyError):
                await self._talk(customer, n)
            await self.clock.sleep(PAUSE_S)

    async def _talk(self, customer: str, n: int) -> None:
        """Have one conversation; what is turned away ends it."""
        body = {"customer_id": customer, "channel": "drill"}
        opened = await self._post("/v1/conversations", body, CREATED)
        if opened is None:
            return
        path = f"/v1/conversations/{json.loads(opened)['id']}/messages"
        for k in range(TALK):
            text = self.said[(n + k) % len(self.said)]
            if await self._post(path, {"text": text}, ACCEPTED) is None:
                return
            self.accepted += 1
            await self.clock.sleep(PAUSE_S)

    async def _post(self, path: str, body: dict[str, str], status: int) -> str | None:
        headers = {"authorization": f"Bearer {self.key}"}
        headers["content-type"] = "application/json"
        told = json.dumps(body).encode()
        try:
            answer = await self.ask(
                Request("POST", self.url.rstrip("/") + path, headers, told)
            )
        except Unreachable:
            self.refused += 1
            raise
        if answer.status != status:
            self.refused += 1
            return None
        return answer.text
