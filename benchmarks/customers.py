"""Customers that write through the HTTP API and check what they hear."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.wire import Connection

WAIT_S = 25
TRIES = 4
"""A reply that takes longer than 25 s is waited for again, three times."""

CREATED, ACCEPTED, OK = 201, 202, 200


class WrongAnswer(Exception):
    """The server said something that it must not say."""


@dataclass(slots=True)
class Talk:
    """One conversation.

    Args:
        id: as the server named it.
        said: the customer's messages so far.
    """

    id: str
    said: int = 0

    def next_text(self) -> str:
        """Return the next message of the customer."""
        self.said += 1
        return f"Message {self.said}: where is my order 1042?"

    @property
    def path(self) -> str:
        """Where messages go."""
        return f"/v1/conversations/{self.id}/messages"


@dataclass(slots=True)
class Crowd:
    """Connections to one server, each for one customer at a time.

    Args:
        connections: as many as customers may wait at once.
        seconds: how long each answered message took from post to reply.
    """

    connections: Sequence[Connection]
    seconds: list[float] = field(default_factory=list[float])

    async def open(self, count: int) -> list[Talk]:
        """Open conversations, each of a customer of its own."""
        talks: list[Talk] = []
        names = iter(range(count))

        async def work(connection: Connection) -> None:
            for name in names:
                body = {"customer_id": f"customer-{name}"}
                status, made = await connection.post("/v1/conversations", body)
                _expect(status, CREATED, made)
                talks.append(Talk(made["id"]))

        await self._all(work)
        return talks

    async def talk(self, talks: Sequence[Talk], messages: int) -> None:
        """Let every customer say so many messages, the next once one is answered."""
        waiting = [talk for _ in range(messages) for talk in talks]
        turn = iter(waiting)
        busy: set[str] = set()
        free = asyncio.Condition()

        async def work(connection: Connection) -> None:
            for talk in turn:
                if talk.id in busy:
                    async with free:
                        await free.wait_for(lambda t=talk: t.id not in busy)
                busy.add(talk.id)
                self.seconds.append(await ask(connection, talk))
                busy.discard(talk.id)
                async with free:
                    free.notify_all()

        await self._all(work)

    async def check(self, talks: Sequence[Talk]) -> int:
        """Read every conversation; return how many messages were answered.

        Raises:
            WrongAnswer: one was not, or twice, out of order, or below level 0.
        """
        answered = 0
        turn = iter(talks)

        async def work(connection: Connection) -> None:
            nonlocal answered
            for talk in turn:
                answered += _check(talk, await _messages(connection, talk))

        await self._all(work)
        return answered

    async def _all(self, work: Callable[[Connection], object]) -> None:
        async with asyncio.TaskGroup() as group:
            for connection in self.connections:
                group.create_task(work(connection))  # pyright: ignore
