"""One event stream: replay from the store, then live, in the SSE format."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from starlette.types import Send

from mainstay.domain.event import Delta, Event
from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.pace import Pace
from mainstay.gateway.views import timestamp

PAGE = 100

GREETING = b"retry: 1000\n\n"
HEARTBEAT = b": heartbeat\n\n"


class ReaderStuck(Exception):
    """The reader took nothing for too long; it is dropped and may come back."""


class EventStream:
    """Tells one reader of one conversation's events.

    Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html

    Args:
        conversation_id: the conversation.
        after: the last durable event the reader has.
        deps: the ports.
        options: the limits.
        send: where the bytes go.
    """

    def __init__(
        self,
        conversation_id: str,
        after: int,
        deps: GatewayDeps,
        options: GatewayOptions,
        send: Send,
    ) -> None:
        self._conversation_id = conversation_id
        self._after = after
        self._deps = deps
        self._options = options
        self._send = send
        self._draft = Draft()

    async def run(self) -> None:
        """Send events until cancelled.

        Raises:
            ReaderStuck: the reader is too slow.
            StoreUnavailable: the store cannot be read; the reader comes back.
        """
        # Listening comes before reading: what is committed in between is a wake.
        listener = self._deps.feed.listen(self._conversation_id)
        try:
            await self._write(GREETING)
            pace = Pace(self._deps.clock)
            while True:
                await self._replay()
                pace.looked()
                while not pace.due:
                    if await listener.wait(pace.wait_s(self._options.heartbeat_s)):
                        deltas = listener.deltas()
                        await self._write(b"".join(self._draft.frames(deltas)))
                        pace.woken(with_deltas=deltas != [])
                    elif pace.timed_out():
                        await self._write(HEARTBEAT)
        finally:
            listener.close()

    async def _replay(self) -> None:
        """Send what the store has beyond the reader's last event."""
        while True:
            events = await self._deps.conversations.events(
                self._conversation_id, self._after, PAGE
            )
            if events:
                await self._write(b"".join(map(_durable, events)))
                self._after = events[-1].id
            if len(events) < PAGE:
                return

    async def _write(self, data: bytes) -> None:
        """Send bytes; the server lets this wait while the reader's buffer is full."""
        if not data:
            return
        message = {"type": "http.response.body", "body": data, "more_body": True}
        try:
            async with asyncio.timeout(self._options.send_timeout_s):
                await self._send(message)
        except TimeoutError as error:
            raise ReaderStuck from error


class Draft:
    """The unfinished reply as one reader has it: whole from its start, or void."""

    def __init__(self) -> None:
        self._turn: tuple[str, int] | None = None
        self._whole = False
        self._next = 0

    def frames(self, deltas: Sequence[Delta] | None) -> Iterator[bytes]:
        """Yield the frames for deltas; None means that some were lost."""
        if deltas is None:
            yield from self._void()
            return
        for delta in deltas:
            yield from self._frame(delta)

    def _frame(self, delta: Delta) -> Iterator[bytes]:
        turn = (delta.turn_id, delta.attempt)
        if turn != self._turn:
            again = self._turn is not None and self._turn[0] == delta.turn_id
            self._turn = turn
            # A reader that came in the middle gets the finished message only.
            self._whole = delta.n == 0 or not delta.text
            if again or not delta.text:
                yield _reset(*turn)
        elif delta.n != self._next:
            # What another process sends may get lost: no draft has a hole.
            yield from self._void()
        self._next = delta.n + 1 if delta.text else 0
        if delta.text and self._whole:
            data = {"turn_id": delta.turn_id, "attempt": delta.attempt}
            yield _frame("delta", data | {"n": delta.n, "text": delta.text})

    def _void(self) -> Iterator[bytes]:
        if self._turn is not None and self._whole:
            yield _reset(*self._turn)
        self._whole = False


def _reset(turn_id: str, attempt: int) -> bytes:
    return _frame("reset", {"turn_id": turn_id, "attempt": attempt})


def _durable(event: Event) -> bytes:
    data = dict(event.data)
    if "created_at_ms" in data:
        data["created_at"] = timestamp(data.pop("created_at_ms"))
    return b"id: %d\n" % event.id + _frame(event.kind, data)


def _frame(kind: str, data: Mapping[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), msgspec.json.encode(data))
