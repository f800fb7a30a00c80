"""Customers that write through the HTTP API and check what they hear."""

import time
from asyncio import TaskGroup
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.wire import Connection

WAIT_S = 25
TRIES = 4
"""A reply that takes longer than 25 s is waited for again, three times."""

OK, CREATED, ACCEPTED = 200, 201, 202


class WrongAnswer(Exception):
    """The server said something that it must not say."""


@dataclass(slots=True)
class Talk:
    """One conversation, of a customer of its own.

    Args:
        id: as the server named it.
        said: how many messages the customer has sent.
    """

    id: str
    said: int = 0


class Crowd:
    """Connections to one server, each for one customer at a time.

    Args:
        connections: as many as customers may wait at once.
    """

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = connections

    @classmethod
    async def of(cls, address: str, key: str, size: int) -> "Crowd":
        """Connect ``size`` times."""
        return cls([await Connection(address, key).open() for _ in range(size)])

    def part(self, size: int) -> "Crowd":
        """Return the first ``size`` of them."""
        return Crowd(self._connections[:size])

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections:
            connection.close()

    async def open(self, count: int) -> list[Talk]:
        """Open ``count`` conversations."""
        numbers = iter(range(count))
        talks: list[Talk] = []

        async def work(connection: Connection) -> None:
            for number in numbers:
                body = {"customer_id": f"customer-{number}"}
                made = await connection.post("/v1/conversations", body)
                talks.append(Talk(_expect(CREATED, made)["id"]))

        await self._each(work)
        return talks

    async def talk(self, talks: Sequence[Talk], messages: int) -> list[float]:
        """Let each customer say ``messages`` more, the next once one is answered.

        Returns:
            Milliseconds from each message's post to its reply.
        """
        until = {talk.id: talk.said + messages for talk in talks}
        ready = deque(talks)
        took_ms: list[float] = []

        async def work(connection: Connection) -> None:
            while ready:
                talk = ready.popleft()
                talk.said += 1
                began_s = time.perf_counter()
                await _answered(connection, talk)
                took_ms.append((time.perf_counter() - began_s) * 1000)
                if talk.said < until[talk.id]:
                    ready.append(talk)

        await self._each(work)
        return took_ms

    async def post(self, talk: Talk, count: int) -> int:
        """Send ``count`` messages, as fast as each gets its 202."""
        left = iter(range(count))

        async def work(connection: Connection) -> None:
            for _ in left:
                await say(connection, talk)

        await self._each(work)
        return count

    async def hear(self, talks: Sequence[Talk]) -> None:
        """Wait until each talk's newest message is answered."""
        left = iter([talk for talk in talks if talk.said])

        async def work(connection: Connection) -> None:
            for talk in left:
                await _answered(connection, talk)

        await self._each(work)

    async def check(self, talks: Sequence[Talk]) -> int:
        """Read every conversation; return how many messages were answered.

        Raises:
            WrongAnswer: one was not, or twice, or out of order, or below level 0.
        """
        left = iter(talks)
        answered = 0

        async def work(connection: Connection) -> None:
            nonlocal answered
            for talk in left:
                messages = await _messages(connection, talk)
                answered += checked(talk, messages)

        await self._each(work)
        return answered

    async def _each(self, work: Callable[[Connection], Awaitable[None]]) -> None:
        async def one(connection: Connection) -> None:
            await work(connection)

        async with TaskGroup() as group:
            for connection in self._connections:
                group.create_task(one(connection))


async def say(connection: Connection, talk: Talk) -> float:
    """Send the talk's next message; return the milliseconds to its 202."""
    talk.said += 1
    path, body, key = _message(talk)
    began_s = time.perf_counter()
    answer = await connection.post(path, body, key=key)
    took_ms = (time.perf_counter() - began_s) * 1000
    _expect(ACCEPTED, answer)
    return took_ms


async def _answered(connection: Connection, talk: Talk) -> None:
    """Send the talk's newest message, again if it was sent before, until its reply.

    The key makes a repetition wait for the first one's reply.
    """
    path, body, key = _message(talk)
    for _ in range(TRIES):
        answer = await connection.post(f"{path}?wait={WAIT_S}", body, key=key)
        if answer[0] == OK:
            return
        _expect(ACCEPTED, answer)
    raise WrongAnswer(f"no reply after {TRIES * WAIT_S} s: {talk}")


def _message(talk: Talk) -> tuple[str, dict[str, str], str]:
    """Return where a talk's newest message goes, its body and its key."""
    body = {"text": _text(talk.said)}
    return f"/v1/conversations/{talk.id}/messages", body, f"message-{talk.said}"


def _text(n: int) -> str:
    return f"Message {n}: where is my order 1042?"


def _expect(status: int, answer: tuple[int, Any]) -> Any:
    if answer[0] != status:
        raise WrongAnswer(f"{answer[0]} instead of {status}: {answer[1]}")
    return answer[1]


async def _messages(connection: Connection, talk: Talk) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        path = f"/v1/conversations/{talk.id}/messages?after={after}"
        page = _expect(OK, await connection.get(path))
        messages += page["messages"]
        after = page["next"]
    return messages


def checked(talk: Talk, messages: Sequence[dict[str, Any]]) -> int:
    """Return how many messages were answered: each once, in order, on level 0."""
    if [m["seq"] for m in messages] != list(range(1, 2 * talk.said + 1)):
        raise WrongAnswer(f"{len(messages)} messages in {talk}")
    for n, (asked, reply) in enumerate(zip(messages[::2], messages[1::2], strict=True)):
        turns = (asked["turn_id"], reply["turn_id"])
        how = (asked["role"], reply["role"], asked["text"], reply["fallback_level"])
        if turns[0] != turns[1] or how != ("customer", "agent", _text(n + 1), 0):
            raise WrongAnswer(f"message {n + 1} of {talk}: {how}")
    return talk.said
