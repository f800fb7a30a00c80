"""The Claude adapter: the official SDK for requests, our own fold for the answer."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.models.body import encoded
from mainstay.models.broken import of_exception
from mainstay.models.connection import Connection
from mainstay.models.failures import SERVER_ERROR
from mainstay.models.fold import StreamFold
from mainstay.models.lifecycle import described, retires_at_ms
from mainstay.models.patience import Patience
from mainstay.models.rate_headers import pool_state
from mainstay.models.shown import Shown
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding
from mainstay.ports.model import OnText
from mainstay.ports.secret import Secret

MAX_CALLS = 300
"""Calls at once; above what a worker has in flight, so that it is never the limit."""

REACH_TIMEOUT_S = 5.0

NEWEST_MODEL = "/v1/models?limit=1"
"""The smallest question there is: no tokens, and none of the rate of calls.

Source: https://platform.claude.com/docs/en/api/models-list.
"""

EVENT_STREAM = "text/event-stream"
UNAUTHORIZED = 401
NOT_SENDABLE = "the API key does not fit into a header"


class ClaudeModel:
    """Calls the Messages API once a call; retries are the ladder's business.

    Args:
        api_key: the key; each call uses the one that is current when it starts.
        base_url: a server that speaks the Messages API, or None for Anthropic's.
        clock: for Retry-After dates.
        max_calls: calls at once; one more is shed.
    """

    def __init__(
        self,
        api_key: Secret,
        base_url: str | None,
        clock: Clock,
        max_calls: int = MAX_CALLS,
    ) -> None:
        self._connection = Connection(base_url, max_calls, clock)
        self._api_key = api_key
        self._clock = clock
        self._max_calls = max_calls
        self._calls = 0

    async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        """Make one streamed call; every end but cancellation is a value.

        What ``on_text`` raises is no end of the call, and is raised again.
        """
        key = self._api_key.current()
        if not _is_sendable(key):
            return ModelFailure("auth", NOT_SENDABLE)
        # Counted here: the transport cannot tell a full pool from a slow connect.
        if self._calls >= self._max_calls:
            return ModelFailure("shed", f"{self._calls} calls are in flight")
        self._calls += 1
        try:
            outcome = await self._outcome(key, request, on_text)
            if _refuses_key(outcome) and await self._api_key.renewed(refused=key):
                told = "the key was refused; there is a new one"
                return ModelFailure("rotated", told, status=UNAUTHORIZED)
            return outcome
        finally:
            self._calls -= 1

    async def retires_at_ms(self, model: str) -> int | None:
        """Return when a model is retired, Unix time in ms; None without a date.

        Raises:
            anthropic.APIError: it could not be asked.
        """
        key = self._api_key.current()
        return retires_at_ms(await described(self._connection, key, model))

    async def reach(self) -> Finding:
        """Tell whether the API answers and takes the key; costs no tokens.

        Any answer shows that it is there, but for a refused key and a server's error.
        """
        key = self._api_key.current()
        if not _is_sendable(key):
            return Finding(False, NOT_SENDABLE)
        try:
            await self._connection.get(key, NEWEST_MODEL, REACH_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - nothing raw leaves the adapter
            failure = of_exception(error, self._now())
            there = failure.kind != "auth" and 0 < (failure.status or 0) < SERVER_ERROR
            return Finding(there, failure.detail)
        return Finding(True)

    async def close(self) -> None:
        """Give connections back; may be repeated."""
        await self._connection.close()

    async def _outcome(
        self, key: str, request: ModelRequest, on_text: OnText
    ) -> ModelOutcome:
        try:
            body = encoded(request)
        except UnicodeEncodeError:
            return ModelFailure("invalid", "a text that is not Unicode")
        fold, shown = StreamFold(), Shown(on_text)
        outcome = await self._exchange(key, body, request, fold, shown)
        shown.check()
        if isinstance(outcome, ModelFailure):
            return replace(outcome, shown=shown.any, usage=fold.usage)
        return outcome

    async def _exchange(
        self,
        key: str,
        body: bytes,
        request: ModelRequest,
        fold: StreamFold,
        show: OnText,
    ) -> ModelOutcome:
        """Send the body and fold the answer; what the fold knows goes before errors."""
        # First of all: the SDK's import must not eat the time until the first token.
        try:
            await self._connection.loaded()
            client = self._connection.open(key)
        except Exception as error:  # noqa: BLE001 - a call's end is a value
            return ModelFailure("unforeseen", type(error).__name__)
        patience, heard, pool = Patience(request), False, None
        try:
            async with patience, AsyncExitStack() as stack:
                answer = await self._connection.post(key, body, request.timeout_s)
                stack.push_async_callback(answer.aclose)
                heard = True
                pool = pool_state(answer.headers.raw)
                if not answer.headers.get("content-type", "").startswith(EVENT_STREAM):
                    return ModelFailure("garbled", "no event stream", status=200)
                await read_reply(answer.aiter_bytes(), fold, patience, show)
        except TimeoutError:
            if fold.ended:
                return fold.outcome()
            if not heard:
                self._connection.distrust(client)
            return patience.exhausted()
        except Exception as error:  # noqa: BLE001 - nothing raw leaves the adapter
            return fold.outcome() if fold.ended else of_exception(error, self._now())
        outcome = fold.outcome()
        return outcome if pool is None else replace(outcome, pool=pool)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)


def _is_sendable(key: str) -> bool:
    return key.isascii() and key.isprintable() and key != ""


def _refuses_key(outcome: ModelOutcome) -> bool:
    """Tell whether the key itself is refused, which another key may cure."""
    return isinstance(outcome, ModelFailure) and outcome.status == UNAUTHORIZED


async def read_reply(
    chunks: AsyncIterator[bytes], fold: StreamFold, patience: Patience, show: OnText
) -> None:
    """Read to the end of the body, which gives the connection back for the next call.

    Pings are no sign of life: only content counts. A server that does not end the
    body soon after the reply costs the connection, not the reply.
    """
    seen = 0
    async for data in chunks:
        if fold.ended:
            continue
        for text in fold.feed(data):
            show(text)
        if fold.ended:
            patience.farewell()
        elif fold.content_seen != seen:
            seen = fold.content_seen
            patience.content()
