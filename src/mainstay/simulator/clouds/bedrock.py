"""Answers as Bedrock's ``InvokeModelWithResponseStream`` gives them.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
"""

import json
import re
from typing import Any
from urllib.parse import unquote

from mainstay.simulator.clouds.aws_frames import chunk_frame, exception_frame
from mainstay.simulator.clouds.request import Path
from mainstay.simulator.wire import Message, Send

CONTENT_TYPE = b"application/vnd.amazon.eventstream"

_PATH = re.compile(r"/model/([^/]+)/(invoke|invoke-with-response-stream)")
_REGION = re.compile(r"^(?:[a-z]{2,6}\.)?anthropic\.")
_EXCEPTIONS = {
    "invalid_request_error": "validationException",
    "overloaded_error": "serviceUnavailableException",
    "rate_limit_error": "throttlingException",
    "timeout_error": "modelTimeoutException",
}
_ERROR_TYPES = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}


def path_of(path: str) -> Path | None:
    """Return what a path of Bedrock's says, None for another."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    model = _REGION.sub("", unquote(found[1]))
    return Path("bedrock", model, found[2] != "invoke")


class BedrockAnswer:
    """Sends an answer of the Messages API in Bedrock's form.

    Args:
        send: to the client.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started: Message | None = None
        self._streams = False
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            await self._start(message)
        elif self._streams:
            frames = b"".join(_frame(one) for one in _events(message["body"]))
            await self._send({**message, "body": frames})
        else:
            await self._whole(message)

    async def _start(self, message: Message) -> None:
        headers = dict(message["headers"])
        kind = headers.get(b"content-type", b"")
        self._streams = kind.startswith(b"text/event-stream")
        if self._streams:
            headers[b"content-type"] = CONTENT_TYPE
            await self._send({**message, "headers": [*headers.items()]})
        else:
            self._started = message

    async def _whole(self, message: Message) -> None:
        """Keep the body until it is whole: an error is told in other words."""
        self._body += message["body"]
        if message.get("more_body") or self._started is None:
            return
        status, headers = self._started["status"], dict(self._started["headers"])
        if status >= 400:  # noqa: PLR2004  # HTTP classes
            error = json.loads(self._body)["error"]
            self._body = json.dumps({"message": error["message"]}).encode()
            name = _ERROR_TYPES.get(status, "InternalServerException")
            headers[b"x-amzn-errortype"] = name.encode()
            headers[b"content-length"] = str(len(self._body)).encode()
        await self._send({**self._started, "headers": [*headers.items()]})
        await self._send({**message, "body": self._body})


def _events(body: bytes) -> list[bytes]:
    """Return the data of the events in a part of a stream, which are whole."""
    events = (one.partition(b"data: ")[2] for one in body.split(b"\n\n"))
    return [data for data in events if data]


def _frame(data: bytes) -> bytes:
    try:
        event: Any = json.loads(data)
    except ValueError:
        return chunk_frame(data)
    if event["type"] != "error":
        return chunk_frame(data)
    error = event["error"]
    name = _EXCEPTIONS.get(error["type"], "internalServerException")
    return exception_frame(name, error["message"])
