"""What tests of senders share: receivers, deliveries, and waits that take no time."""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from mainstay.monitoring.exchange.post import Post
from mainstay.monitoring.otlp.delivery import Delivery, Terms
from mainstay.monitoring.otlp.end import End
from mainstay.monitoring.otlp.envelope import Envelope
from mainstay.monitoring.otlp.receiver import KEPT_BYTES, Receiver, headers
from mainstay.system.clock import SystemClock
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.clock import ManualClock

ENVELOPE = Envelope({"service.name": "mainstay"}, "mainstay", "0.1.0")
MIDDLE = 0.5


class Patient(End):
    """An end whose waits are noted, and over at once on its manual clock."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.clock = clock
        self.waited: list[float] = []

    def wait(self, seconds: float) -> None:
        """Note a wait."""
        if seconds > 0 and not self.is_near:
            self.waited.append(round(seconds, 3))
            self.clock.advance(seconds)


def delivery_to(
    url: str,
    end: End | None = None,
    *,
    terms: Terms | None = None,
    clock: Any = None,
    tell: Callable[[str], None] = lambda _: None,
    compressed: bool = True,
) -> Delivery:
    """Return a delivery of spans to an address."""
    clock = clock or SystemClock()
    told = headers({}, compressed=compressed)
    post = Post(f"{url}/v1/traces", told, SystemClock(), keeps=KEPT_BYTES)
    receiver = Receiver(post, ENVELOPE, clock, compressed=compressed)
    end = end or End(clock)
    chance = ScriptedRandom(MIDDLE)
    return Delivery(receiver, terms or Terms(), end, clock, chance, tell)


@contextmanager
def answering(
    *answers: bytes, pause_s: float = 0.0
) -> Generator[tuple[str, list[object]]]:
    """Serve raw answers on loopback, one a request; give the address and a list.

    The list has an entry for each connection that was accepted.

    Args:
        answers: bytes as they are sent; an empty one closes the connection.
        pause_s: seconds between two bytes.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    gone = threading.Event()
    accepted: list[object] = []

    def serve() -> None:
        left = list(answers)
        while left:
            try:
                line, peer = listener.accept()
            except OSError:
                return
            accepted.append(peer)
            with line:
                while left and _taken(line):
                    if not _sent(line, left.pop(0), pause_s, gone):
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", accepted
    finally:
        gone.set()
        listener.close()
        thread.join(5)


def _taken(line: socket.socket) -> bool:
    """Read one request; tell whether there was one."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = line.recv(65_536)
        if not more:
            return False
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65_536)
    return True


def _sent(
    line: socket.socket, answer: bytes, pause_s: float, gone: threading.Event
) -> bool:
    """Send an answer; tell whether the connection goes on."""
    if not pause_s:
        line.sendall(answer)
        return bool(answer)
    for byte in answer:
        try:
            line.send(bytes([byte]))
        except OSError:
            return False
        if gone.wait(pause_s):
            return False
    return True
