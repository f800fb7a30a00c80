"""The feed: tells who listens that a conversation has news."""

from typing import Protocol

from mainstay.domain.event import Delta


class Feed(Protocol):
    """Signals, not data: a listener reads the store again when it is woken.

    Deltas are the exception: pieces of text that are never stored.
    """

    def notify(self, conversation_id: str) -> None:
        """Tell this process's listeners that the conversation has new events."""
        ...

    def whisper(self, delta: Delta) -> None:
        """Pass a piece of an unfinished reply to this process's listeners."""
        ...

    def listen(self, conversation_id: str, *, deltas: bool = True) -> "Listener":
        """Start to listen, to deltas too if asked; close the listener when done."""
        ...


class Listener(Protocol):
    """One listener of one conversation; holds a bounded number of deltas."""

    async def wait(self, timeout_s: float) -> bool:
        """Return True at news or deltas, False after ``timeout_s`` seconds."""
        ...

    def deltas(self) -> list[Delta] | None:
        """Take the deltas since the last call; None when the listener fell behind."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class Whisper(Protocol):
    """Where a running turn sends the pieces of its reply."""

    def __call__(self, delta: Delta) -> None:
        """Pass one piece on; must not block."""
        ...


class Broadcast(Protocol):
    """The feed as those see it who notice changes of unknown conversations."""

    @property
    def listening(self) -> bool:
        """Whether anybody listens."""
        ...

    def notify_all(self) -> None:
        """Wake every listener of this process."""
        ...
