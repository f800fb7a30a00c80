"""Claude through a cloud's endpoint: the SDK's client for it, our own fold."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.step import ModelStep
from mainstay.models.aws_frames import AwsFrames
from mainstay.models.body import body_of
from mainstay.models.claude import MAX_CALLS, read_reply
from mainstay.models.cloud_connection import CloudConnection, MakeClient
from mainstay.models.cloud_failures import of_cloud
from mainstay.models.fold import StreamFold
from mainstay.models.patience import Patience
from mainstay.models.provider import AWS_FRAMES, Provider
from mainstay.models.shown import Shown
from mainstay.ports.clock import Clock
from mainstay.ports.model import OnText


class CloudModel:
    """``ports.Model`` on Bedrock or Vertex; credentials are the platform's own.

    A response names its model as the request did, whatever the cloud calls it.

    Args:
        provider: whose endpoint.
        make: returns the SDK's client for it.
        ids: the cloud's ids of models, where its rule does not make them.
        clock: for Retry-After dates.
        max_calls: calls at once; one more is shed.
    """

    def __init__(
        self,
        provider: Provider,
        make: MakeClient,
        ids: Mapping[str, str],
        clock: Clock,
        max_calls: int = MAX_CALLS,
    ) -> None:
        self._provider = provider
        self._connection = CloudConnection(make, max_calls)
        self._ids = ids
        self._clock = clock
        self._max_calls = max_calls
        self._calls = 0

    async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        """Make one streamed call; every end but cancellation is a value."""
        if self._calls >= self._max_calls:
            return ModelFailure("shed", f"{self._calls} calls are in flight")
        framed = self._provider.stream == AWS_FRAMES
        fold, shown = StreamFold(AwsFrames() if framed else None), Shown(on_text)
        self._calls += 1
        try:
            outcome = await self._exchange(request, fold, shown)
        finally:
            self._calls -= 1
        shown.check()
        if isinstance(outcome, ModelStep):
            return replace(outcome, model=request.model)
        return replace(outcome, shown=shown.any, usage=fold.usage)

    async def close(self) -> None:
        """Give connections back; may be repeated."""
        await self._connection.close()

    async def _exchange(
        self, request: ModelRequest, fold: StreamFold, show: OnText
    ) -> ModelOutcome:
        """Send the request and fold the answer; what the fold knows goes first."""
        # First of all: the SDK's import must not eat the time until the first token.
        self._connection.open()
        patience = Patience(request)
        try:
            async with patience, AsyncExitStack() as stack:
                answer = await self._connection.post(
                    self._body(request), request.timeout_s
                )
                stack.push_async_callback(answer.aclose)
                kind = answer.headers.get("content-type", "")
                if not kind.startswith(self._provider.stream):
                    return ModelFailure("garbled", "no event stream", status=200)
                await read_reply(answer.aiter_bytes(), fold, patience, show)
        except TimeoutError:
            return fold.outcome() if fold.ended else patience.exhausted()
        except UnicodeEncodeError:
            return ModelFailure("invalid", "a text that is not Unicode")
        except Exception as error:  # noqa: BLE001 - nothing raw leaves the adapter
            if fold.ended:
                return fold.outcome()
            return of_cloud(error, self._provider.name, self._now())
        return fold.outcome()

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        id_ = self._provider.model_id(request.model, self._ids)
        # The SDK encodes it, and knows fewer types than our own encoder.
        return msgspec.to_builtins({**body_of(request), "model": id_})

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
