"""The feed within one process: wakes listeners, passes deltas on."""

import asyncio
from collections import deque

from mainstay.domain.event import Delta

MAX_DELTAS = 2_000


class LocalFeed:
    """Signals to this process's listeners; holds nothing for those who left."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[LocalListener]] = {}

    def notify(self, conversation_id: str) -> None:
        """Wake the conversation's listeners."""
        for listener in self._listeners.get(conversation_id, ()):
            listener.wake()

    def notify_all(self) -> None:
        """Wake everybody: another process wrote something."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.wake()

    def whisper(self, delta: Delta) -> None:
        """Pass a piece of an unfinished reply on."""
        for listener in self._listeners.get(delta.conversation_id, ()):
            listener.take(delta)

    @property
    def listening(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def listen(self, conversation_id: str, *, deltas: bool = True) -> "LocalListener":
        """Start to listen, to deltas too if asked."""
        listener = LocalListener(self, conversation_id, deltas=deltas)
        self._listeners.setdefault(conversation_id, set()).add(listener)
        return listener

    def forget(self, conversation_id: str, listener: "LocalListener") -> None:
        """Stop serving a listener."""
        listeners = self._listeners.get(conversation_id)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._listeners[conversation_id]


class LocalListener:
    """One listener; what it does not take in time is dropped, never queued for ever."""

    def __init__(self, feed: LocalFeed, conversation_id: str, *, deltas: bool) -> None:
        self._feed = feed
        self._conversation_id = conversation_id
        self._news = asyncio.Event()
        self._wants_deltas = deltas
        self._deltas: deque[Delta] = deque()
        self._behind = False

    def wake(self) -> None:
        """Note that there is news."""
        self._news.set()

    def take(self, delta: Delta) -> None:
        """Keep a delta until it is taken."""
        if not self._wants_deltas:
            return
        if len(self._deltas) >= MAX_DELTAS:
            self._deltas.clear()
            self._behind = True
        self._deltas.append(delta)
        self._news.set()

    async def wait(self, timeout_s: float) -> bool:
        """Return True at news, False after ``timeout_s`` seconds."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    def deltas(self) -> list[Delta] | None:
        """Take the deltas since the last call; None when some were dropped."""
        taken = list(self._deltas)
        self._deltas.clear()
        if self._behind:
            self._behind = False
            return None
        return taken

    def close(self) -> None:
        """Stop listening."""
        self._feed.forget(self._conversation_id, self)
