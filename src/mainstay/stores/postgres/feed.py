"""The feed of many processes: a local one, and the news of the others."""

from typing import Protocol

from typing_extensions import override

from mainstay.domain.event import Delta
from mainstay.ports.clock import Clock
from mainstay.ports.feed import Broadcast, Feed, Listener
from mainstay.resilience.every import Every
from mainstay.stores.postgres.news import Bulletin, News

SOUGHT_S = 60.0
"""How long a wish for deltas lasts; it is repeated while somebody listens."""

REPEAT_S = 20.0
MAX_SOUGHT = 10_000


class Hear(Protocol):
    """What this process does when others tell of new work."""

    def __call__(self) -> None:
        """Look; must not block."""
        ...


class Local(Feed, Broadcast, Protocol):
    """The feed within one process."""


class SharedFeed(Feed):
    """Passes signals on to all processes, and deltas to those that asked for them.

    Args:
        local: this process's listeners.
        clock: for wishes.
    """

    def __init__(self, local: Local, clock: Clock) -> None:
        self._local = local
        self._clock = clock
        self._news: News | None = None
        self._on_due: Hear | None = None
        self._sought_here: dict[str, int] = {}
        self._sought_there: dict[str, float] = {}
        self._repeating = Every(REPEAT_S, self._repeat, clock)

    def attach(self, news: News) -> None:
        """Take what carries the news."""
        self._news = news

    def on_due(self, hear: Hear) -> None:
        """Call ``hear`` when another process tells of new work."""
        self._on_due = hear

    async def start(self) -> None:
        """Start to repeat wishes."""
        await self._repeating.start()

    async def stop(self) -> None:
        """Stop; may be repeated."""
        await self._repeating.stop()

    def committed(self, conversation_ids: set[str]) -> None:
        """Tell everybody that conversations have new events."""
        for conversation_id in conversation_ids:
            self._local.notify(conversation_id)
        if self._news is not None:
            self._news.changed(conversation_ids)

    @override
    def notify(self, conversation_id: str) -> None:
        """Tell everybody that the conversation has new events."""
        self.committed({conversation_id})

    @override
    def whisper(self, delta: Delta) -> None:
        """Pass a piece of an unfinished reply on to whoever asked for it."""
        self._local.whisper(delta)
        until_s = self._sought_there.get(delta.conversation_id)
        if until_s is not None and self._news is not None:
            if until_s > self._clock.monotonic_s():
                self._news.say(delta)
            else:
                del self._sought_there[delta.conversation_id]

    @override
    def listen(self, conversation_id: str, *, deltas: bool = True) -> Listener:
        """Start to listen; other processes are asked for deltas."""
        listener = self._local.listen(conversation_id, deltas=deltas)
        if not deltas:
            return listener
        here = self._sought_here
        here[conversation_id] = here.get(conversation_id, 0) + 1
        self._seek(conversation_id)
        return _Seeking(listener, self, conversation_id)

    def heard(self, bulletin: Bulletin) -> None:
        """Take another process's news."""
        if bulletin.any:
            self._local.notify_all()
        for conversation_id in bulletin.changed:
            self._local.notify(conversation_id)
        for delta in bulletin.deltas:
            self._local.whisper(Delta(*delta))
        until_s = self._clock.monotonic_s() + SOUGHT_S
        for conversation_id in bulletin.sought:
            self._want(conversation_id, until_s)
        if bulletin.due and self._on_due is not None:
            self._on_due()

    def due(self) -> None:
        """Tell the other processes that there may be new work."""
        if self._news is not None:
            self._news.due()

    def forget(self, conversation_id: str) -> None:
        """One listener less."""
        left = self._sought_here[conversation_id] - 1
        if left:
            self._sought_here[conversation_id] = left
        else:
            del self._sought_here[conversation_id]

    def _want(self, conversation_id: str, until_s: float) -> None:
        there = self._sought_there
        there.pop(conversation_id, None)
        if len(there) >= MAX_SOUGHT:
            del there[next(iter(there))]
        there[conversation_id] = until_s

    def _seek(self, conversation_id: str) -> None:
        if self._news is not None:
            self._news.seek(conversation_id)

    async def _repeat(self) -> None:
        for conversation_id in self._sought_here:
            self._seek(conversation_id)


class _Seeking(Listener):
    """A listener whose wish for deltas ends with it."""

    def __init__(
        self, listener: Listener, feed: SharedFeed, conversation_id: str
    ) -> None:
        self._listener = listener
        self._feed: SharedFeed | None = feed
        self._conversation_id = conversation_id

    @override
    async def wait(self, timeout_s: float) -> bool:
        """Return True at news or deltas, False after ``timeout_s`` seconds."""
        return await self._listener.wait(timeout_s)

    @override
    def deltas(self) -> list[Delta] | None:
        """Take the deltas since the last call; None when the listener fell behind."""
        return self._listener.deltas()

    @override
    def close(self) -> None:
        """Stop listening."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.forget(self._conversation_id)
        self._listener.close()
