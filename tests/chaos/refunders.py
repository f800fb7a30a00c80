"""Customers who each want one refund, and note when and how they were answered."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from benchmarks.cluster.customers import Said, Talk
from tests.chaos.apart import AUTH

TEXT = "I want a refund for order 1042"
LOOK_S = 0.1
PAUSE_S = 0.15
WELL = 3
"""So many turns in a row on level 0, all begun after healing, are good times."""

ANSWER_S = 60.0
ASK_S = 30.0


def now_s() -> float:
    """Return the time by which everything here is noted."""
    return time.monotonic()


@dataclass(slots=True)
class Turn:
    """A message that was accepted.

    Args:
        customer_id: whose.
        talk: the conversation, as the verdict takes it.
        accepted_s: when its 202 came.
        answered_s: when its reply was seen, 0 before.
        level: of the reply.
        messages: of its conversation, as the API shows them at the end.
    """

    customer_id: str
    talk: Talk
    accepted_s: float
    answered_s: float = 0.0
    level: int = -1
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def reply(self) -> str:
        """The last words that the customer heard."""
        return self.messages[-1]["text"]

    @property
    def took_s(self) -> float:
        """Seconds from the 202 until the reply was seen."""
        return self.answered_s - self.accepted_s


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that was none: when, after how long, and what it said."""

    path: str
    at_s: float
    took_s: float
    status: int
    retry_after: str | None


@dataclass(slots=True)
class Refunders:
    """A few at a time; each conversation has one message, and its own customer.

    Args:
        address: the gateway's.
        count: how many write at once.
    """

    address: str
    count: int
    turns: list[Turn] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    _http: aiohttp.ClientSession | None = None
    _settled: int = 0
    _numbers: itertools.count = field(default_factory=itertools.count)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncGenerator[None]:
        """Let them write; at the end each has had its last answer."""
        wires = aiohttp.TCPConnector(limit=0, keepalive_timeout=3)
        limit = aiohttp.ClientTimeout(total=ASK_S)
        async with aiohttp.ClientSession(
            self.address, connector=wires, headers=AUTH, timeout=limit
        ) as self._http:
            writers = [asyncio.create_task(self._write()) for _ in range(self.count)]
            try:
                yield
            finally:
                self._over.set()
                await asyncio.gather(*writers)

    async def well_again(self, since_s: float, within_s: float) -> float:
        """Return the seconds from a moment until turns are on level 0 again.

        Raises:
            AssertionError: they are not in time.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while True:
                    if (at_s := self._well_at_s(since_s)) is not None:
                        return at_s - since_s
                    self._news.clear()
                    await self._news.wait()
        raise AssertionError(f"not well {within_s:g} s after: {self._since(since_s)}")

    def met(self, began_s: float, healed_s: float) -> list[Turn]:
        """Return the turns that were open at any moment of a time."""
        return [
            t for t in self.turns if t.answered_s > began_s and t.accepted_s < healed_s
        ]

    async def settled(self) -> list[Turn]:
        """Return those that were accepted since the last call, each answered."""
        turns, self._settled = self.turns[self._settled :], len(self.turns)
        async with asyncio.timeout(ANSWER_S):
            while not all(turn.answered_s for turn in turns):
                self._news.clear()
                await self._news.wait()
        for turn in turns:
            path = f"/v1/conversations/{turn.talk.id}/messages"
            turn.messages = (await self._get(path))["messages"]
        return turns

    async def _write(self) -> None:
        while not self._over.is_set():
            turn = await self._ask(f"customer-{next(self._numbers)}")
            self.turns.append(turn)
            await self._hear(turn)
            self._news.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), PAUSE_S)

    async def _ask(self, customer_id: str) -> Turn:
        body = {"customer_id": customer_id}
        talk = Talk(0, (await self._post("/v1/conversations", body, ""))["id"])
        path = f"/v1/conversations/{talk.id}/messages"
        told = await self._post(path, {"text": TEXT}, customer_id)
        accepted_s = now_s()
        talk.said.append(
            Said(TEXT, message_id=told["message_id"], turn_id=told["turn_id"])
        )
        return Turn(customer_id, talk, accepted_s)

    async def _hear(self, turn: Turn) -> None:
        path = f"/v1/turns/{turn.talk.said[0].turn_id}"
        while True:
            told = await self._get(path)
            if told["state"] in ("answered", "handed_off", "dead"):
                turn.answered_s = now_s()
                turn.level = told["reply"]["fallback_level"]
                return
            await asyncio.sleep(LOOK_S)

    async def _post(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """Send until it is taken; note who was sent away, and how."""
        assert self._http is not None
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            began_s = now_s()
            status, after = 0, None
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with self._http.post(path, json=body, headers=headers) as got:
                    if got.status in (201, 202):
                        return await got.json()
                    status, after = got.status, got.headers.get("Retry-After")
            took_s = now_s() - began_s
            self.refusals.append(Refusal(path, now_s(), took_s, status, after))
            await asyncio.sleep(float(after or LOOK_S))

    async def _get(self, path: str) -> dict[str, Any]:
        """Ask until there is an answer: a read may be refused, and be repeated."""
        assert self._http is not None
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with self._http.get(path) as got:
                    if got.status == 200:
                        return await got.json()
            await asyncio.sleep(LOOK_S)

    def _well_at_s(self, since_s: float) -> float | None:
        """Return when the last of the first good ones after a moment was answered."""
        after = [t for t in self.turns if t.accepted_s >= since_s and t.answered_s]
        after.sort(key=lambda t: t.answered_s)
        for n in range(len(after) - WELL + 1):
            some = after[n : n + WELL]
            if all(turn.level == 0 for turn in some):
                return some[-1].answered_s
        return None

    def _since(self, since_s: float) -> list[tuple[float, int, float]]:
        return [
            (round(t.accepted_s - since_s, 2), t.level, round(t.took_s, 2))
            for t in self.turns
            if t.accepted_s >= since_s or not t.answered_s
        ]
