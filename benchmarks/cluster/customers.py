"""Customers of a cluster: they write on, try again, and note what they are told."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from benchmarks.cluster.listener import Listener
from benchmarks.cluster.model import COURIER

WAIT_S = 25
PATIENCE_S = 120.0
ANEW_S = 0.25
OK, CREATED, ACCEPTED, UNAVAILABLE = 200, 201, 202, 503
BURSTS = (1, 1, 3, 1, 2, 1, 1)
"""How many messages a customer sends in one go, by turns."""

COURIER_EVERY = 5
"""Every fifth conversation asks for the unsafe effect."""


@dataclass(slots=True)
class Said:
    """A message.

    Args:
        text: its words, unlike any other's.
        accepted_s: when its 202 came (monotonic).
        took_ms: from the first try to the 202.
        message_id: as it was accepted.
        turn_id: the turn that answers it.
    """

    text: str
    accepted_s: float = 0.0
    took_ms: float = 0.0
    message_id: str = ""
    turn_id: str = ""


@dataclass(slots=True)
class Talk:
    """One customer's conversation.

    Args:
        n: his number.
        id: as the server named it.
        said: his messages, in his order.
    """

    n: int
    id: str = ""
    said: list[Said] = field(default_factory=list[Said])

    def next_text(self) -> str:
        """Return what he says next."""
        wish = COURIER if self.n % COURIER_EVERY == 0 else "note my wish"
        return f"Message {len(self.said) + 1} of {self.n}: please {wish}."


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that was no answer.

    Args:
        status: HTTP, 0 for a connection that broke.
        began_s: when it was asked (monotonic).
        ended_s: when it was refused.
        retry_after: what the header said, or None.
        path: what was asked for.
    """

    status: int
    began_s: float
    ended_s: float
    retry_after: str | None
    path: str


class Customers:
    """All of them, half at each gateway, and at the other one when that fails.

    Args:
        addresses: the gateways.
        key: an API key.
        count: how many conversations.
        messages: how many each of them says, at least.
    """

    def __init__(
        self, addresses: Sequence[str], key: str, count: int, messages: int
    ) -> None:
        self._addresses = addresses
        self._headers = {"Authorization": f"Bearer {key}"}
        self._messages = messages
        self._http: aiohttp.ClientSession | None = None
        self.talks = [Talk(n) for n in range(count)]
        self.refusals: list[Refusal] = []
        self.listeners: list[Listener] = []

    async def __aenter__(self) -> Self:
        """Connect."""
        # Shorter than the server's: no line is closed under a request.
        wires = aiohttp.TCPConnector(limit=0, keepalive_timeout=3)
        self._http = aiohttp.ClientSession(connector=wires, headers=self._headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await asyncio.gather(*(one.stop() for one in self.listeners))
        if self._http is not None:
            await self._http.close()

    async def open(self) -> None:
        """Open every conversation; a third of the customers listen to its events."""
        for talk in self.talks:
            body = {"customer_id": f"customer-{talk.n}"}
            made = await self._post(talk, "/v1/conversations", body, "")
            talk.id = made["id"]
            if talk.n % 3 == 0 and self._http is not None:
                one = Listener(self._http, self._addresses, talk.n, talk.id)
                one.start()
                self.listeners.append(one)

    async def talk(self, seconds: float, failing: asyncio.Task[None]) -> None:
        """Let all customers talk, spread over so many seconds, and on while it fails.

        Args:
            seconds: for all that they have to say.
            failing: ends when nothing fails any more.
        """
        talks = (self._talk(talk, seconds, failing) for talk in self.talks)
        await asyncio.gather(*talks)

    async def messages(self, talk: Talk) -> list[dict[str, Any]]:
        """Return all that the API shows of a conversation."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            path = f"/v1/conversations/{talk.id}/messages?after={after}"
            page = await self._ask(talk, "GET", path, None, "")
            found += page["messages"]
            after = page["next"]
        return found

    async def _talk(
        self, talk: Talk, seconds: float, failing: asyncio.Task[None]
    ) -> None:
        """Say all, each burst at its time and after the reply to the one before."""
        began_s, chance = time.monotonic(), random.Random(talk.n)
        bursts = self._bursts(talk)
        pause_s = 2 * seconds / len(bursts)
        for at_s in sorted(chance.uniform(0, seconds) for _ in bursts):
            await asyncio.sleep(began_s + at_s - time.monotonic())
            await self._burst(talk, bursts.pop(0))
        while not failing.done():
            await asyncio.wait([failing], timeout=chance.uniform(0, pause_s))
            await self._burst(talk, 1)

    async def _burst(self, talk: Talk, messages: int) -> None:
        for _ in range(messages):
            await self._say(talk)
        await self._hear(talk)

    def _bursts(self, talk: Talk) -> list[int]:
        bursts: list[int] = []
        while (left := self._messages - sum(bursts)) > 0:
            bursts.append(min(left, BURSTS[(talk.n + len(bursts)) % len(BURSTS)]))
        return bursts

    async def _say(self, talk: Talk) -> None:
        said = Said(talk.next_text())
        talk.said.append(said)
        began_s = time.monotonic()
        answer = await self._send(talk, said, "")
        said.accepted_s = time.monotonic()
        said.took_ms = (said.accepted_s - began_s) * 1000
        said.message_id, said.turn_id = answer["message_id"], answer["turn_id"]

    async def _hear(self, talk: Talk) -> None:
        """Ask for the newest message's reply until it is there, by its key."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            answer = await self._send(talk, talk.said[-1], f"?wait={WAIT_S}")
            if answer["status"] == "answered":
                return

    async def _send(self, talk: Talk, said: Said, query: str) -> dict[str, Any]:
        path = f"/v1/conversations/{talk.id}/messages{query}"
        return await self._post(talk, path, {"text": said.text}, said.text[:40])

    async def _post(self, talk: Talk, path: str, body: Any, key: str) -> dict[str, Any]:
        return await self._ask(talk, "POST", path, body, key.replace(" ", "-"))

    async def _ask(
        self, talk: Talk, how: str, path: str, body: Any, key: str
    ) -> dict[str, Any]:
        """Ask until there is an answer, in turns at each gateway."""
        began_s = time.monotonic()
        tries = 0
        while time.monotonic() - began_s < PATIENCE_S:
            address = self._addresses[(talk.n + tries) % len(self._addresses)]
            answer = await self._once(how, address + path, body, key)
            if isinstance(answer, dict):
                return answer
            self.refusals.append(answer)
            tries += 1
            await asyncio.sleep(float(answer.retry_after or ANEW_S))
        raise RuntimeError(
            f"{path}: no answer in {PATIENCE_S:g} s: {self.refusals[-1]}"
        )

    async def _once(
        self, how: str, url: str, body: Any, key: str
    ) -> dict[str, Any] | Refusal:
        if self._http is None:
            raise RuntimeError("customers come in with `async with`")
        began_s = time.monotonic()
        headers = {"Idempotency-Key": key} if key else {}
        try:
            async with self._http.request(
                how, url, json=body, headers=headers
            ) as answer:
                if answer.status in (OK, CREATED, ACCEPTED):
                    return await answer.json()
                after = answer.headers.get("Retry-After")
                return Refusal(answer.status, began_s, time.monotonic(), after, url)
        except (aiohttp.ClientError, ConnectionError):
            return Refusal(0, began_s, time.monotonic(), None, url)
