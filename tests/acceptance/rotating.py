"""A server that is asked all the time while its secrets are replaced."""

import threading
import uuid
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.acceptance.server import Server

ASKERS = 4
AGAIN = 3


def replace(file: Path, value: str) -> None:
    """Write a secret as it should be: whole, in place of the old one."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(f"{value}\n")
    fresh.replace(file)


class Askers:
    """Customers who ask without a pause, each in conversations of their own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.told_again = 0
        self._stop = threading.Event()
        self._answered = threading.Condition()
        self._replies: list[Any] = []
        self._pool = ThreadPoolExecutor(ASKERS)
        self._asking: list[Future[None]] = [
            self._pool.submit(self._ask) for _ in range(ASKERS)
        ]

    def answered(self, count: int) -> None:
        """Return when ``count`` more questions were answered."""
        with self._answered:
            until = len(self._replies) + count
            assert self._answered.wait_for(
                lambda: len(self._replies) >= until or self._ended(), timeout=60
            )
        assert not self._ended() or [one.result() for one in self._asking]

    def replies(self) -> list[Any]:
        """Stop asking and return every reply; one that failed fails here."""
        self._stop.set()
        for one in self._asking:
            one.result(60)
        self._pool.shutdown()
        return self._replies

    def leave(self) -> None:
        """Stop asking, whatever happened."""
        self._stop.set()
        self._pool.shutdown()

    def _ended(self) -> bool:
        return any(one.done() for one in self._asking)

    def _ask(self) -> None:
        try:
            while not self._stop.is_set():
                reply = self._reply()
                with self._answered:
                    self._replies.append(reply)
                    self._answered.notify_all()
        finally:
            with self._answered:
                self._answered.notify_all()

    def _reply(self) -> Any:
        """Ask as a client does: with a key, and again when told to (503)."""
        conversation_id = self._post("/v1/conversations", {"customer_id": "demo"})["id"]
        path = f"/v1/conversations/{conversation_id}/messages?wait=28"
        answer = self._post(path, {"text": "Where is order 1042?"})
        assert answer["status"] == "answered", answer
        return answer["reply"]

    def _post(self, path: str, body: Any) -> Any:
        key = uuid.uuid4().hex
        for _ in range(AGAIN):
            status, answer, _ = self._server.call(
                "POST", path, body, Idempotency_Key=key
            )
            if status != 503:
                assert status in (200, 201, 202), answer
                return answer
            self.told_again += 1
        raise AssertionError(answer)


@contextmanager
def asking(server: Server) -> Generator[Askers]:
    """Let customers ask until the end of the block."""
    askers = Askers(server)
    try:
        yield askers
    finally:
        askers.leave()
