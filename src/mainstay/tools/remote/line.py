"""One HTTP request for each request of the MCP session."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mainstay.tools.remote.answer import read_answer
from mainstay.tools.remote.failure import Lost, NotSent
from mainstay.tools.remote.options import RemoteOptions

if TYPE_CHECKING:
    from types import SimpleNamespace

    from aiohttp import ClientResponse, ClientSession, TraceConfig
    from anyio.abc import TaskStatus
    from mcp.shared.dispatcher import (
        CallOptions,
        OnNotify,
        OnNotifyIntercept,
        OnRequest,
    )

MAX_ANSWER_BYTES = 4 * 1024 * 1024

KEEP_ALIVE_S = 15.0
"""Half of what the service keeps an idle connection for."""

HEADERS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
}


@dataclass(slots=True)
class _Attempt:
    """One request: whether its body may have left this process, and its time.

    Args:
        limit: ends it.
        answer_s: seconds for the answer once the body is sent.
        sent: whether the body may be on its way.
    """

    limit: asyncio.Timeout
    answer_s: float
    sent: bool = False

    def send(self) -> None:
        """Note that the body goes out; from now on the tool has its time."""
        if not self.sent:
            self.sent = True
            self.limit.reschedule(asyncio.get_running_loop().time() + self.answer_s)


class Line:
    """The dispatcher that the SDK's client session sends through.

    The SDK's own HTTP transport turns every failure into one kind of error, and one
    failed connection ends all requests of its session. Here each request fails alone
    and says whether anything was sent. That is known for certain: the body, without
    which no tool runs, waits until the service asks for it with ``100 Continue``
    (RFC 9110, section 10.1.1). A service that is gone, frozen or about to close its
    idle connections asks for nothing.

    Args:
        url: the MCP endpoint.
        options: the limits.
    """

    def __init__(self, url: str, options: RemoteOptions) -> None:
        self._url = url
        self._options = options
        self._http: ClientSession | None = None
        self._last_id = 0

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        opts: "CallOptions | None" = None,
    ) -> dict[str, Any]:
        """Send a request and return its result.

        Raises:
            MCPError: the service answered with an error.
            NotSent: it did not let the request in.
            NotTaken: an HTTP status below 500 without an answer of the service.
            Lost: the request was sent, and no answer came in ``opts["timeout"]``.
        """
        given: CallOptions = opts or {}
        self._last_id += 1
        body = {
            "jsonrpc": "2.0",
            "id": self._last_id,
            "method": method,
            "params": params,
        }
        headers = {**HEADERS, **given.get("headers", {})}
        limit = asyncio.timeout(self._options.accept_s)
        attempt = _Attempt(limit, given.get("timeout", self._options.accept_s))
        try:
            async with limit:
                status, answer = await self._post(
                    json.dumps(body).encode(), headers, attempt
                )
        except (OSError, _vendor_error()) as error:
            raise _failure(attempt, error) from error
        return read_answer(status, answer, sent=attempt.sent)

    async def notify(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        opts: "CallOptions | None" = None,
    ) -> None:
        """Drop it: this revision of MCP has no notifications to a server."""

    async def run(
        self,
        on_request: "OnRequest",  # noqa: ARG002 - the SDK's protocol names it
        on_notify: "OnNotify",  # noqa: ARG002 - as above
        on_notify_intercept: "OnNotifyIntercept | None" = None,  # noqa: ARG002
        *,
        task_status: "TaskStatus[None] | None" = None,
    ) -> None:
        """Return at once: nothing comes that was not asked for."""
        if task_status is not None:
            task_status.started()

    async def close(self) -> None:
        """Close every connection; the next request opens new ones."""
        if self._http is not None:
            http, self._http = self._http, None
            await http.close()

    async def _post(
        self, body: bytes, headers: Mapping[str, str], attempt: _Attempt
    ) -> tuple[int, bytes]:
        async with self._open().post(
            self._url,
            data=body,
            headers=headers,
            expect100=True,
            allow_redirects=False,
            trace_request_ctx=attempt,
        ) as response:
            return response.status, await _read(response)

    def _open(self) -> "ClientSession":
        if self._http is None:
            from aiohttp import (
                ClientSession,
                ClientTimeout,
                DummyCookieJar,
                TCPConnector,
            )

            self._http = ClientSession(
                connector=TCPConnector(
                    limit=self._options.max_connections,
                    keepalive_timeout=KEEP_ALIVE_S,
                ),
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=None),
                trace_configs=[_watch()],
            )
        return self._http


def _watch() -> "TraceConfig":
    """Tell an attempt of its body before the first byte of it is written."""
    from aiohttp import TraceConfig

    async def sending(_: object, context: "SimpleNamespace", __: object) -> None:
        cast("_Attempt", context.trace_request_ctx).send()

    watch = TraceConfig()
    watch.on_request_chunk_sent.append(sending)
    return watch


async def _read(response: "ClientResponse") -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            raise Lost(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def _vendor_error() -> type[Exception]:
    from aiohttp import ClientError

    return ClientError


def _failure(attempt: _Attempt, error: Exception) -> NotSent | Lost:
    kind = type(error).__name__
    if not attempt.sent:
        return NotSent(f"the tool service cannot be reached ({kind})")
    if isinstance(error, TimeoutError):
        return Lost("the tool service did not answer in time")
    return Lost(f"the connection to the tool service was cut ({kind})")
