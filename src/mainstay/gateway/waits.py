"""Waiting for a reply: ``?wait=``."""

from mainstay.domain.reply import Reply
from mainstay.ports.clock import Clock
from mainstay.ports.conversations import Conversations
from mainstay.ports.feed import Feed, Listener

LOOK_EVERY_S = 2.0
"""A reply whose news got lost (another process's, say) is seen this late."""


class Waits:
    """Waits for the replies of turns; at most ``limit`` requests at once.

    Args:
        feed: tells of news.
        conversations: holds the replies.
        clock: measures the wait.
        limit: the most requests that wait; more do not wait.
    """

    def __init__(
        self, feed: Feed, conversations: Conversations, clock: Clock, limit: int
    ) -> None:
        self._feed = feed
        self._conversations = conversations
        self._clock = clock
        self._limit = limit
        self._waiting = 0
        self.closing = False

    async def reply(
        self, conversation_id: str, turn_id: str, timeout_s: float
    ) -> Reply | None:
        """Return the turn's reply, or None when there is none in time."""
        if timeout_s <= 0 or self._waiting >= self._limit:
            return None
        listener = self._feed.listen(conversation_id, deltas=False)
        self._waiting += 1
        try:
            until_s = self._clock.monotonic_s() + timeout_s
            return await self._look(listener, turn_id, until_s)
        finally:
            self._waiting -= 1
            listener.close()

    async def _look(
        self, listener: Listener, turn_id: str, until_s: float
    ) -> Reply | None:
        while True:
            reply = await self._conversations.reply(turn_id)
            if reply is not None:
                return reply
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0 or self.closing:
                return None
            await listener.wait(min(left_s, LOOK_EVERY_S))
