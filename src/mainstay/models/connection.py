"""The way to the Messages API: the official SDK on its aiohttp transport."""

import asyncio
from typing import TYPE_CHECKING, cast

from mainstay.models.sdk import preload, transport_of
from mainstay.ports.clock import Clock

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from httpx2 import Response

ANTHROPIC_URL = "https://api.anthropic.com"
CONNECT_S = 3.0
GET_S = 10.0
"""What a question takes that no customer waits for."""
HEADERS = {"content-type": "application/json"}


class Connection:
    """Sends requests and opens their answers; keeps connections for the next ones.

    The SDK signs requests, builds headers and turns error statuses into exceptions. Its
    ``messages.create`` also copies the body field by field and builds an object for
    every event, together most of what a streamed call would cost: ``post``, its
    documented way to any endpoint, does neither.

    Args:
        base_url: a server that speaks the Messages API, or None for Anthropic's.
        limit: connections open at once.
        clock: for the time that calls under way may still take.
    """

    def __init__(self, base_url: str | None, limit: int, clock: Clock) -> None:
        self._base_url = (base_url or ANTHROPIC_URL).rstrip("/")
        self._limit = limit
        self._clock = clock
        self._client: AsyncAnthropic | None = None
        self._importing: asyncio.Task[None] | None = None
        self._over_s = 0.0
        self._leaving: dict[AsyncAnthropic, asyncio.Task[None]] = {}

    def open(self, api_key: str) -> "AsyncAnthropic":
        """Return the SDK's client, made at the first call: its import takes seconds.

        Args:
            api_key: what requests carry from now on; its form is not checked.
        """
        if self._client is None:
            from anthropic import AsyncAnthropic

            self._client = AsyncAnthropic(
                api_key=api_key,
                base_url=self._base_url,
                max_retries=0,
                open_telemetry=False,
                http_client=transport_of(self._limit),
            )
        # Read for every request: one client, and its connections, serve all keys.
        self._client.api_key = api_key
        return self._client

    async def post(self, api_key: str, body: bytes, timeout_s: float) -> "Response":
        """Return the unread answer to a message; the caller closes it.

        Args:
            api_key: whose call it is.
            body: JSON.
            timeout_s: seconds until the call is over, whatever comes of it.

        Raises:
            anthropic.APIError: for an error status, or without an answer.
        """
        from anthropic import AsyncStream
        from httpx2 import Response, Timeout

        self._over_s = max(self._over_s, self._clock.monotonic_s() + timeout_s)
        answer = await self.open(api_key).post(
            # Whole, which saves the SDK from putting it together for every call.
            f"{self._base_url}/v1/messages",
            cast_to=Response,
            content=body,
            options={
                "headers": HEADERS,
                "timeout": Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            },
            stream=True,
            stream_cls=AsyncStream[object],
        )
        # The overload promises a stream, but with this cast_to it is the answer itself.
        return cast("Response", answer)

    async def get(self, api_key: str, path: str, timeout_s: float = GET_S) -> object:
        """Return the JSON of a resource; costs no tokens.

        Args:
            api_key: who asks.
            path: with its query.
            timeout_s: seconds of silence that the transport allows.

        Raises:
            anthropic.APIError: for an error status, or without an answer.
        """
        await self.loaded()
        from httpx2 import Timeout

        timeout = Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
        return await self.open(api_key).get(
            path, cast_to=object, options={"timeout": timeout}
        )

    async def loaded(self) -> None:
        """Return when the SDK is there: loaded in a thread, one for all who ask.

        The loop has better things to do meanwhile.
        """
        if self._client is None:
            if self._importing is None:
                self._importing = asyncio.create_task(asyncio.to_thread(preload))
            try:
                await asyncio.shield(self._importing)
            except Exception:
                # Too many open files, say: the next call may have better luck.
                self._importing = None
                raise

    def distrust(self, client: "AsyncAnthropic") -> None:
        """Make new connections from here on: where one fell silent, all may have.

        A gateway on the way that forgot them tells neither side. Without this each of
        those kept would cost a call its time until the first token. Its other calls go
        on: the silent one may have had less time than they have.

        Args:
            client: of the silent call; nothing happens when it is followed already.
        """
        if client is self._client:
            self._client = None
            within_s = max(0.0, self._over_s - self._clock.monotonic_s())
            leaving = asyncio.create_task(self._leave(client, within_s))
            self._leaving[client] = leaving

    async def close(self) -> None:
        """Close every connection; the next call opens new ones."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()
        while self._leaving:
            client, leaving = self._leaving.popitem()
            leaving.cancel()
            await client.close()

    async def _leave(self, client: "AsyncAnthropic", within_s: float) -> None:
        await self._clock.sleep(within_s)
        del self._leaving[client]
        await client.close()
