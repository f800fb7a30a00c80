"""Waiting for a reply: ``?wait=``."""

import asyncio

from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.reply import Reply
from mainstay.gateway.load import Load
from mainstay.ports.clock import Clock
from mainstay.ports.conversations import Conversations
from mainstay.ports.feed import Feed, Listener

LOOK_EVERY_S = 2.0
"""A reply whose news got lost (another process's, say) is seen this late."""

LEAVE_S = 8.0
"""How long a wait may go on once the process drains: most replies come in time."""

LAST_LOOK_S = 0.25
"""What a look may take at the end of a wait, within the margin of the request."""


class Waits:
    """Waits for the replies of turns; at most ``limit`` requests at once.

    Args:
        feed: tells of news.
        conversations: holds the replies.
        clock: measures the wait.
        limit: the most requests that wait; more do not wait.
        load: is told that a request that waits is not worked on.
    """

    def __init__(
        self,
        feed: Feed,
        conversations: Conversations,
        clock: Clock,
        limit: int,
        load: Load,
    ) -> None:
        self._feed = feed
        self._conversations = conversations
        self._clock = clock
        self._limit = limit
        self._load = load
        self._waiting = 0
        self._ends_s = float("inf")

    async def reply(
        self, conversation_id: str, turn_id: str, timeout_s: float
    ) -> Reply | None:
        """Return the turn's reply, or None when there is none in time."""
        if timeout_s <= 0 or self._waiting >= self._limit:
            return None
        listener = self._feed.listen(conversation_id, deltas=False)
        self._waiting += 1
        self._load.leave()
        try:
            until_s = self._clock.monotonic_s() + timeout_s
            return await self._look(listener, turn_id, until_s)
        finally:
            self._waiting -= 1
            self._load.enter()
            listener.close()

    def close(self) -> None:
        """Let no wait go on for more than 8 s; may be repeated."""
        leave_s = self._clock.monotonic_s() + LEAVE_S
        self._ends_s = min(self._ends_s, leave_s)

    async def _look(
        self, listener: Listener, turn_id: str, until_s: float
    ) -> Reply | None:
        while True:
            reply = await self._read(turn_id, until_s)
            if reply is not None:
                return reply
            left_s = min(until_s, self._ends_s) - self._clock.monotonic_s()
            if left_s <= 0:
                return None
            await listener.wait(min(left_s, LOOK_EVERY_S))

    async def _read(self, turn_id: str, until_s: float) -> Reply | None:
        """Look once. A store that is away tells of no reply: the wait goes on.

        The message is stored, so that whoever sent it must not hear a 503.
        """
        left_s = until_s - self._clock.monotonic_s()
        try:
            async with asyncio.timeout(max(0.0, left_s) + LAST_LOOK_S):
                return await self._conversations.reply(turn_id)
        except (StoreUnavailable, TimeoutError):
            return None
