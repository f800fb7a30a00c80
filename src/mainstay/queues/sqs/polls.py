"""ReceiveMessage calls under way: none is broken off, so none takes wakes along."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence

from mainstay.domain.errors import QueueUnavailable
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.queues.sqs.client import LONGEST_POLL_S
from mainstay.queues.sqs.wire import Message

MAX_IDLE = 4
"""The most calls that go on though nobody waits for them."""

STOP_S = 1.5

Fetch = Callable[[int, int], Awaitable[list[Message]]]
GiveBack = Callable[[Sequence[Message]], None]
Poll = asyncio.Task[list[Message]]


class Polls:
    """Waits for messages as long as the caller likes, at SQS in whole seconds.

    A call whose caller has left goes on: the next caller takes it over, and what it
    brings to nobody is given back. A call broken off instead would hide the messages
    that SQS is just sending for a whole visibility.

    Args:
        fetch: calls SQS: how many, and how many seconds it may wait.
        give_back: makes messages visible again, in the background.
        telemetry: is told of failures nobody waits for.
    """

    def __init__(self, fetch: Fetch, give_back: GiveBack, telemetry: Telemetry) -> None:
        self._fetch = fetch
        self._give_back = give_back
        self._telemetry = telemetry
        self._under_way: set[Poll] = set()
        self._idle: list[Poll] = []

    async def take(self, count: int, wait_s: float) -> list[Message]:
        """Return up to ``count`` messages as soon as there are some.

        Raises:
            QueueUnavailable: the call failed.
        """
        poll = self._idle.pop(0) if self._idle and wait_s else None
        poll = poll or self._begun(count, wait_s)
        try:
            # Without a wait the call's own timeout is the bound.
            await asyncio.wait([poll], timeout=wait_s or None)
        except asyncio.CancelledError:
            self._leave(poll)
            raise
        if not poll.done():
            self._leave(poll)
            return []
        if poll.cancelled():
            raise QueueUnavailable("SQS: the queue is stopped")
        messages = poll.result()
        self._give_back(messages[count:])
        return messages[:count]

    async def stop(self) -> None:
        """Let the calls end; break off those that take longer than 1.5 s."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_S)
        for poll in self._under_way:
            poll.cancel()

    def _begun(self, count: int, wait_s: float) -> Poll:
        wait = min(LONGEST_POLL_S, math.ceil(wait_s))
        poll = asyncio.ensure_future(self._fetch(count, wait))
        self._under_way.add(poll)
        poll.add_done_callback(self._ended)
        return poll

    def _leave(self, poll: Poll) -> None:
        if poll.done():
            self._unwanted(poll)
        elif len(self._idle) < MAX_IDLE:
            self._idle.append(poll)
        else:
            poll.cancel()

    def _ended(self, poll: Poll) -> None:
        self._under_way.discard(poll)
        if poll in self._idle:
            self._idle.remove(poll)
            self._unwanted(poll)

    def _unwanted(self, poll: Poll) -> None:
        if poll.cancelled():
            return
        if (error := poll.exception()) is not None:
            self._telemetry.emit(Trouble("queue.sqs", str(error)))
        else:
            self._give_back(poll.result())
