"""Events as frames of an AWS event stream.

Source: https://smithy.io/2.0/aws/amazon-eventstream.html.
"""

import base64
import json
import struct
from collections.abc import Mapping
from zlib import crc32

_TEXT = 7
"""A header's value that is text."""


def chunk_frame(event: bytes) -> bytes:
    """Return the frame that carries one event of a reply."""
    headers = {
        ":event-type": "chunk",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    payload = json.dumps({"bytes": base64.b64encode(event).decode()})
    return frame(headers, payload.encode())


def exception_frame(name: str, message: str) -> bytes:
    """Return the frame that ends a stream with an exception."""
    headers = {
        ":exception-type": name,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return frame(headers, json.dumps({"message": message}).encode())


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return a frame with its sums."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    lengths = struct.pack(">II", len(head) + len(payload) + 16, len(head))
    start = lengths + struct.pack(">I", crc32(lengths)) + head + payload
    return start + struct.pack(">I", crc32(start))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return (
        struct.pack(">B", len(key)) + key + struct.pack(">BH", _TEXT, len(text)) + text
    )
