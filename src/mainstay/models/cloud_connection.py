"""The way to a cloud's endpoint: the SDK's client for it, on its aiohttp transport."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from mainstay.models.connection import CONNECT_S
from mainstay.models.sdk import transport_of

if TYPE_CHECKING:
    from anthropic.lib.bedrock import AsyncAnthropicBedrock
    from anthropic.lib.vertex import AsyncAnthropicVertex
    from httpx2 import AsyncClient, Response

    Client = AsyncAnthropicBedrock | AsyncAnthropicVertex

MakeClient = Callable[["AsyncClient"], "Client"]
"""Makes the SDK's client upon a transport; imports the SDK when it is called."""


class CloudConnection:
    """Sends requests and opens their answers; keeps connections for the next ones.

    The client turns a request into the cloud's own path, body and signature.

    Args:
        make: makes the client, at the first call: imports take seconds.
        limit: connections open at once.
    """

    def __init__(self, make: MakeClient, limit: int) -> None:
        self._make = make
        self._limit = limit
        self._client: Client | None = None

    def open(self) -> "Client":
        """Return the SDK's client."""
        if self._client is None:
            self._client = self._make(transport_of(self._limit))
        return self._client

    async def post(self, body: dict[str, Any], timeout_s: float) -> "Response":
        """Return the unread answer to a message; the caller closes it.

        Args:
            body: of ``POST /v1/messages``, with the cloud's id of the model.
            timeout_s: seconds of silence that the transport allows.

        Raises:
            anthropic.APIError: for an error status, or without an answer.
        """
        from anthropic import AsyncStream
        from httpx2 import Response, Timeout

        answer = await self.open().post(
            "/v1/messages",
            cast_to=Response,
            body=body,
            options={"timeout": Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))},
            stream=True,
            stream_cls=AsyncStream[object],
        )
        # The overload promises a stream, but with this cast_to it is the answer itself.
        return cast("Response", answer)

    async def close(self) -> None:
        """Close every connection; the next call opens new ones."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()
