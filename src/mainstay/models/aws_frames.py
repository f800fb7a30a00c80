"""AWS event streams as bytes: where a frame ends, and what event it carries.

Sources: https://smithy.io/2.0/aws/amazon-eventstream.html for frames, and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
for what Bedrock puts into them. botocore cuts them and checks their sums.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import msgspec

_ERRORS: Mapping[str, str] = {
    "internalServerException": "api_error",
    "modelStreamErrorException": "api_error",
    "modelTimeoutException": "timeout_error",
    "serviceUnavailableException": "overloaded_error",
    "throttlingException": "rate_limit_error",
    "validationException": "invalid_request_error",
}
"""The Messages API's name for each exception that a stream may end with."""


class _Chunk(msgspec.Struct):
    # msgspec reads base64 where it is asked for bytes.
    bytes: bytes


_chunk = msgspec.json.Decoder(_Chunk)
_any = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


class AwsFrames:
    """Cuts a byte stream into events, as ``server_events.EventBytes`` does for SSE.

    An exception comes out as the ``error`` event that the Messages API would send.
    """

    __slots__ = ("_buffer", "_fault")

    def __init__(self) -> None:
        # It has no types.
        frames: Any = import_module("botocore.eventstream")
        self._buffer = frames.EventStreamBuffer()
        self._fault: type[Exception] = frames.ParserError

    def cut(self, data: bytes) -> list[bytes]:
        """Return the data of every event that is complete with these bytes.

        Raises:
            ValueError: these are no frames, or one of them is damaged.
        """
        try:
            self._buffer.add_data(data)
            return [_event(frame) for frame in self._buffer]
        except self._fault as error:
            raise ValueError(type(error).__name__) from error


def _event(frame: Any) -> bytes:
    """Return the event in a frame; empty for one that carries none."""
    headers: Mapping[str, Any] = frame.headers
    if headers.get(":message-type") == "event":
        is_chunk = headers.get(":event-type") == "chunk"
        return _chunk.decode(frame.payload).bytes if is_chunk else b""
    name = str(headers.get(":exception-type") or headers.get(":error-code") or "")
    message = _message(frame.payload) or str(headers.get(":error-message") or "")
    error = {"type": _ERRORS.get(name, "api_error"), "message": message}
    return _encode({"type": "error", "error": error})


def _message(payload: bytes) -> str:
    try:
        told = _any.decode(payload)
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    return str(cast("dict[str, Any]", told).get("message", ""))
