"""A customer's screen: follows a conversation's events, and resumes after a break."""

import asyncio
import contextlib
import json
from collections.abc import Sequence

import aiohttp

ANEW_S = 0.5


class Listener:
    """Follows one conversation.

    Args:
        http: makes the requests.
        addresses: the gateways; after a break the other one is asked.
        n: at which it begins.
        conversation_id: what it follows.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        addresses: Sequence[str],
        n: int,
        conversation_id: str,
    ) -> None:
        self._http = http
        self._addresses = addresses
        self._n = n
        self.conversation_id = conversation_id
        self._last = 0
        self._news = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self.seqs: list[int] = []
        """The messages it was told of, as they came."""

    def start(self) -> None:
        """Start to follow."""
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Stop; may be repeated."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])

    async def told(self, seq: int, within_s: float) -> None:
        """Return when it was told of a message, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self.seqs or self.seqs[-1] < seq:
                    self._news.clear()
                    await self._news.wait()

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                await self._read()
            self._n += 1
            await asyncio.sleep(ANEW_S)

    async def _read(self) -> None:
        address = self._addresses[self._n % len(self._addresses)]
        url = f"{address}/v1/conversations/{self.conversation_id}/events"
        headers = {"Last-Event-ID": str(self._last)}
        patience = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with self._http.get(url, headers=headers, timeout=patience) as stream:
            stream.raise_for_status()
            event: dict[str, str] = {}
            async for line in stream.content:
                name, _, value = line.decode().strip().partition(": ")
                if name:
                    event[name] = value
                elif event:
                    self._take(event)
                    event = {}

    def _take(self, event: dict[str, str]) -> None:
        if "id" in event:
            self._last = int(event["id"])
        if event.get("event") == "message":
            self.seqs.append(json.loads(event["data"])["seq"])
            self._news.set()
