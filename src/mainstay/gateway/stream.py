"""One event stream: replay from the store, then live, in the SSE format."""

import asyncio

from starlette.types import Send

from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.draft import Draft
from mainstay.gateway.frames import GREETING, HEARTBEAT, durable
from mainstay.gateway.pace import Pace
from mainstay.ports.feed import Listener

PAGE = 100


class ReaderStuck(Exception):
    """The reader took nothing for too long; it is dropped and may come back."""


class EventStream:
    """Tells one reader of one conversation's events.

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
                await self._replay(listener)
                pace.looked()
                while not pace.due:
                    if await listener.wait(pace.wait_s(self._options.heartbeat_s)):
                        pace.woken(with_deltas=await self._live(listener))
                    elif pace.timed_out():
                        await self._write(HEARTBEAT)
        finally:
            listener.close()

    async def _live(self, listener: Listener) -> bool:
        """Send what was said of a reply; return whether there was anything."""
        deltas = listener.deltas()
        await self._write(b"".join(self._draft.frames(deltas)))
        return deltas != []

    async def _replay(self, listener: Listener) -> None:
        """Send what the store has beyond the reader's last event."""
        while True:
            events = await self._deps.conversations.events(
                self._conversation_id, self._after, PAGE
            )
            if events:
                # A reply that was said and stored while the store was being read: its
                # pieces go before it.
                await self._live(listener)
                self._draft.told(events)
                await self._write(b"".join(map(durable, events)))
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
