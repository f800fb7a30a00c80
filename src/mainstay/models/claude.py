"""The Claude adapter: the official SDK for requests, our own fold for the answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.models.body import body_of
from mainstay.models.failures import of_status
from mainstay.models.fold import StreamFold
from mainstay.ports.clock import Clock
from mainstay.ports.model import OnText

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, AsyncStream

MAX_CONNECTIONS = 200
CONNECT_S = 3.0
HEADERS = {"content-type": "application/json"}

encode = msgspec.json.Encoder(decimal_format="string").encode


class ClaudeModel:
    """Calls the Messages API once a call; retries are the ladder's business.

    Args:
        api_key: the key; its form is not checked.
        base_url: a server that speaks the Messages API, or None for Anthropic's.
        clock: for Retry-After dates.
    """

    def __init__(self, api_key: str, base_url: str | None, clock: Clock) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._clock = clock
        self._client: AsyncAnthropic | None = None

    async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        """Make one streamed call; every end but cancellation is a value."""
        shown = False

        def show(text: str) -> None:
            nonlocal shown
            shown = True
            on_text(text)

        outcome = await self._outcome(request, show)
        if isinstance(outcome, ModelFailure) and shown:
            return ModelFailure(
                outcome.kind,
                outcome.detail,
                outcome.status,
                outcome.retry_after_s,
                True,
            )
        return outcome

    async def close(self) -> None:
        """Give connections back; may be repeated."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _outcome(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        from aiohttp import ClientError
        from anthropic import APIError, APIStatusError
        from httpx2 import HTTPError

        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._stream(request, on_text)
        except TimeoutError:
            return ModelFailure("slow", "the call took too long")
        except APIStatusError as error:
            headers, now = error.response.headers, self._now()
            return of_status(error.status_code, error.body, headers, now)
        except (APIError, HTTPError, ClientError, OSError) as error:
            return _broken(error)
        except (json.JSONDecodeError, UnicodeDecodeError):
            return ModelFailure("garbled", "the answer is no JSON", status=200)

    async def _stream(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        fold = StreamFold()
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(request.first_token_s):
                stream = await self._post(request)
                stack.push_async_callback(stream.close)
                chunks = stream.response.aiter_bytes()
                await _read(fold, chunks, on_text, until_content=True)
            while not fold.ended:
                before = fold.content_seen
                async with asyncio.timeout(request.idle_s):
                    while fold.content_seen == before and not fold.ended:
                        if not await _read(fold, chunks, on_text):
                            return fold.outcome()
        return fold.outcome()

    async def _post(self, request: ModelRequest) -> "AsyncStream[object]":
        """Send the request through the SDK, its body encoded by ourselves.

        ``messages.create`` copies and checks the body field by field, and its stream
        builds an object an event: together most of what a streamed call would cost.
        """
        from anthropic import AsyncStream

        return await self._sdk().post(
            "/v1/messages",
            cast_to=object,
            content=encode(body_of(request)),
            options={"headers": HEADERS, "timeout": request.timeout_s},
            stream=True,
            stream_cls=AsyncStream[object],
        )

    def _sdk(self) -> "AsyncAnthropic":
        """Return the SDK's client, made at the first call."""
        if self._client is None:
            from anthropic import AsyncAnthropic, DefaultAioHttpClient
            from httpx2 import Limits, Timeout

            self._client = AsyncAnthropic(
                api_key=self._api_key,
                base_url=self._base_url,
                max_retries=0,
                open_telemetry=False,
                http_client=DefaultAioHttpClient(
                    limits=Limits(
                        max_connections=MAX_CONNECTIONS,
                        max_keepalive_connections=MAX_CONNECTIONS,
                    ),
                    timeout=Timeout(60, connect=CONNECT_S),
                ),
            )
        return self._client

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)


def preload() -> None:
    """Import the SDK, which takes seconds; for a thread, before the first call."""
    import_module("anthropic.resources.messages")


async def _read(
    fold: StreamFold,
    chunks: AsyncIterator[bytes],
    on_text: OnText,
    *,
    until_content: bool = False,
) -> bool:
    """Read one chunk, or until the first content; False when the stream has ended.

    Pings are no sign of life: only content counts.
    """
    while True:
        try:
            data = await anext(chunks)
        except StopAsyncIteration:
            return False
        for text in fold.feed(data):
            on_text(text)
        if not until_content or fold.content_seen or fold.ended:
            return True


def _broken(error: Any) -> ModelFailure:
    """Return what a broken connection means; a full pool is our own fault."""
    cause = error.__cause__
    name = type(cause or error).__name__
    if name == "PoolTimeout":
        return ModelFailure("shed", "no connection was free")
    if "Timeout" in name:
        return ModelFailure("slow", name)
    return ModelFailure("cut", name)
