"""Sending an answer, well or badly."""

import json

from mainstay.simulator.answer import Answer
from mainstay.simulator.errors import STATUS_OF_TYPE, error_body, error_type
from mainstay.simulator.events import PING, error_event, events
from mainstay.simulator.fault import Fault
from mainstay.simulator.options import Options
from mainstay.simulator.wire import Headers, Line, Send, chunk, respond, start

_SSE = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-cache"),
)
_BROKEN_EVENT = b'event: content_block_delta\ndata: {"type":"content_block_del\n\n'


class Delivery:
    """Sends one answer over one line, with one fault at most."""

    def __init__(self, send: Send, line: Line, fault: Fault, options: Options) -> None:
        self._send = send
        self._line = line
        self._fault = fault
        self._pace_s = fault.slow_tokens_s or options.pace_s
        self._latency_s = fault.latency_s or options.delay_s

    async def refuse(self, headers: Headers, request_id: str) -> int:
        """Send the error that the fault asks for and return its status."""
        fault = self._fault
        status = fault.status or 500
        type_ = fault.error_type or error_type(status)
        message = fault.message or f"A fault set on the simulator: {status}"
        await self._line.wait(self._latency_s)
        body = error_body(type_, message, request_id, fault.error_code)
        await respond(self._send, status, body, self._with_fault(headers))
        return status

    async def whole(self, answer: Answer) -> int:
        """Send a message in one piece and return the status."""
        fault = self._fault
        await self._line.wait(self._latency_s)
        if fault.pings_only:
            await self._hang()
        if fault.error_event:
            body = _error(fault.error_event, fault, answer)
            status = STATUS_OF_TYPE[fault.error_event]
            await respond(self._send, status, body, self._with_fault(answer.headers))
            return status
        body = json.dumps(answer.message()).encode()
        if fault.broken_json:
            body = body[: len(body) // 2]
        headers = self._with_fault(answer.headers)
        if fault.cut_stream_after is None and not fault.end_without_stop:
            await respond(self._send, 200, body, headers)
            return 200
        length = (
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
        )
        await start(self._send, 200, (*length, *headers))
        await chunk(self._send, body[: len(body) // 2], more=True)
        return 200  # returning with the body unfinished makes the server hang up

    async def stream(self, answer: Answer) -> int:
        """Send a message as events and return the status."""
        await self._line.wait(self._latency_s)
        headers = (*_SSE, *self._with_fault(answer.headers))
        await start(self._send, 200, headers)
        parts, complete = self._parts(answer)
        for part in parts if self._pace_s else ():
            await self._line.wait(self._pace_s)
            await chunk(self._send, part, more=True)
        rest = b"" if self._pace_s else b"".join(parts)
        # If incomplete, the server hangs up in the middle of the chunked body.
        await chunk(self._send, rest, more=not complete)
        if self._fault.pings_only:
            await self._ping_forever()
        return 200

    def _parts(self, answer: Answer) -> tuple[list[bytes], bool]:
        """Return the events to send, and whether the body then ends in good order."""
        fault, parts = self._fault, list(events(answer))
        if fault.pings_only:
            return parts[:1], False
        half = fault.broken_after
        if half is None:
            half = max(2, len(parts) // 2)
        if fault.end_without_stop:
            return parts[:half], True
        if fault.cut_stream_after is not None:
            return parts[: fault.cut_stream_after], False
        if fault.broken_json:
            return [*parts[:half], _BROKEN_EVENT], True
        if fault.error_event:
            body = _error(fault.error_event, fault, answer)
            return [*parts[: fault.error_after], error_event(body)], True
        return parts, True

    async def _ping_forever(self) -> None:
        """Ping until the client hangs up, which ends the call with GoneError."""
        while True:
            await self._line.wait(self._fault.ping_every_s)
            await chunk(self._send, PING, more=True)

    async def _hang(self) -> None:
        """Say nothing until the client hangs up, which ends the call with GoneError."""
        while True:
            await self._line.wait(self._fault.ping_every_s)

    def _with_fault(self, headers: Headers) -> Headers:
        fault, more = self._fault, dict[str, str]()
        if fault.retry_after is not None:
            more["retry-after"] = f"{fault.retry_after:g}"
        return (*headers, *more.items(), *(fault.headers or {}).items())


def _error(type_: str, fault: Fault, answer: Answer) -> bytes:
    message = fault.message or "A fault set on the simulator"
    return error_body(type_, message, answer.request_id, fault.error_code)
