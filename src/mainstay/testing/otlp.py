"""A receiver of OTLP on loopback, which decodes what it gets and fails on command.

It stands for a collector or a vendor. Decoding is done by the official messages
(``opentelemetry-proto``), so that it is no witness of our own making.
"""

import gzip
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from typing_extensions import override

KINDS: Mapping[str, Callable[[], Any]] = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came.

    Args:
        signal: ``traces``, ``metrics`` or ``logs``, from the end of the path.
        path: of the request.
        headers: with lower-case names.
        size: bytes of the body before it was unpacked.
        unpacked: bytes of the body.
        message: the body, decoded.
        taken: whether it was answered with success.
    """

    signal: str
    path: str
    headers: Mapping[str, str]
    size: int
    unpacked: int
    message: Any
    taken: bool


class OtlpReceiver:
    """Takes spans, metrics and logs at ``address``, whose paths end in ``/v1/…``.

    What it answers may be changed at any time, from any thread. It keeps everything.

    Args:
        tls: with its certificate, where it speaks HTTPS.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._news = threading.Condition()
        self._requests: list[Request] = []
        self._status = 200
        self._headers: Mapping[str, str] = {}
        self._body = b""
        self._most: int | None = None
        self._cutting = False
        self._going_on = threading.Event()
        self._going_on.set()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            # Shaking hands is for the thread of a connection.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; who is kept waiting is let go."""
        self.heal()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where it is, ``http://host:port`` or ``https://…``."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def requests(self) -> list[Request]:
        """All requests there were, refused ones too."""
        with self._news:
            return list(self._requests)

    @property
    def body(self) -> bytes:
        """What answers say."""
        return self._body

    def answer(
        self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        """Answer every request like this from now on."""
        self._status, self._headers, self._body = status, headers or {}, body

    def reject(self, count: int, reason: str) -> None:
        """Take every request, but say that so many of its items were rejected."""
        # The number of the field is equal for all signals.
        said = ExportTraceServiceResponse()
        said.partial_success.rejected_spans = count
        said.partial_success.error_message = reason
        self.answer(200, body=said.SerializeToString())

    def limit(self, size: int) -> None:
        """Answer 413 to bodies of more bytes than this, before they are unpacked."""
        self._most = size

    def hang(self) -> None:
        """Read requests and say nothing, until ``heal``."""
        self._going_on.clear()

    def cut(self) -> None:
        """Close connections in place of answers."""
        self._cutting = True

    def heal(self) -> None:
        """Answer everything with success again."""
        self._cutting, self._most = False, None
        self.answer(200)
        self._going_on.set()

    def spans(self) -> list[Any]:
        """Return all spans that were taken, as ``opentelemetry.proto`` has them."""
        return self._items("traces", "resource_spans", "scope_spans", "spans")

    def metrics(self) -> list[Any]:
        """Return all metrics that were taken, the same way."""
        return self._items("metrics", "resource_metrics", "scope_metrics", "metrics")

    def logs(self) -> list[Any]:
        """Return all log records that were taken, the same way."""
        return self._items("logs", "resource_logs", "scope_logs", "log_records")

    def until(self, holds: Callable[[], bool], within_s: float = 10.0) -> None:
        """Return as soon as something holds; it is looked at with each request.

        Raises:
            AssertionError: it does not within the time.
        """
        with self._news:
            if not self._news.wait_for(holds, within_s):
                raise AssertionError(f"not within {within_s} s")

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a request, and return the status to answer it with; 0: cut it off."""
        signal = path.partition("?")[0].rsplit("/", 1)[-1]
        packed = headers.get("content-encoding") == "gzip"
        plain = gzip.decompress(body) if packed else body
        message = KINDS[signal]()
        message.ParseFromString(plain)
        status = 413 if len(body) > (self._most or len(body)) else self._status
        taken = 200 <= status < 300 and not self._cutting and self._going_on.is_set()
        came = Request(signal, path, headers, len(body), len(plain), message, taken)
        with self._news:
            self._requests.append(came)
            self._news.notify_all()
        self._going_on.wait()
        return 0 if self._cutting else status

    @property
    def headers(self) -> Mapping[str, str]:
        """What answers carry."""
        return self._headers

    def _items(self, signal: str, *way: str) -> list[Any]:
        found = [one.message for one in self.requests if one.taken]
        found = [one for one in found if hasattr(one, way[0])]
        for name in way:
            found = [below for one in found for below in getattr(one, name)]
        return found


def plain(pairs: Any) -> dict[str, Any]:
    """Return attributes as a dictionary.

    Args:
        pairs: of ``KeyValue``.
    """
    every: list[KeyValue] = list(pairs)
    return {one.key: _value(one.value) for one in every}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return None if kind is None else getattr(value, kind)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who goes away in the middle is what tests are about."""


def _handler_of(receiver: OtlpReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Take a request."""
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            status = receiver.receive(self.path, headers, body)
            if not status:
                self.close_connection = True
                return
            said = receiver.body
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
