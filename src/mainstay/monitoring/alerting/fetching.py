"""Reads a page of metrics over HTTP, from a thread."""

from contextlib import closing

from mainstay.monitoring.exchange.answer import Answer, Reading
from mainstay.monitoring.exchange.deadline import Deadline
from mainstay.ports.clock import Clock

TIMEOUT_S = 5.0
MAX_BYTES = 8_000_000
OK = 200


def fetch(clock: Clock, address: str) -> str:
    """Return the page at ``host:port``.

    Raises:
        OSError: it cannot be had within 5 s in all, or is none.
    """
    answer = _answer(Deadline(clock, TIMEOUT_S), address)
    if answer.status != OK:
        raise OSError(f"answered {answer.status}")
    try:
        return answer.body.decode()
    except UnicodeDecodeError as error:
        raise OSError(f"no page of metrics: {error!r}") from error


def _answer(deadline: Deadline, address: str) -> Answer:
    host, _, port = address.rpartition(":")
    head = f"GET /metrics HTTP/1.1\r\nHost: {address}\r\n"
    head += "User-Agent: mainstay-alerts\r\nConnection: close\r\n\r\n"
    reading = Reading(MAX_BYTES)
    with closing(deadline.connected(host.strip("[]"), int(port))) as line:
        deadline.write(line, head.encode())
        while not reading.complete:
            data = deadline.read(line)
            if not data:
                raise OSError("no page of metrics: it was cut off")
            reading.feed(data)
            if reading.received > MAX_BYTES:
                raise OSError(f"longer than {MAX_BYTES} bytes")
    return reading.answer
