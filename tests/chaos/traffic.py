"""Customers who write all the time, to whichever servers stand at the door."""

import itertools
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.acceptance.server import KEY

TEXT = "Where is order 1042?"
QUICK_S = 3.0


@dataclass
class Traffic:
    """Writers, each a conversation a message; what went wrong is kept.

    Args:
        doors: addresses of the servers, in turn.
        writers: how many write at once.
    """

    doors: Sequence[str]
    writers: int = 4
    faults: list[str] = field(default_factory=list)
    accepted: int = 0
    slowest_s: float = 0.0
    _numbers: itertools.count = field(default_factory=itertools.count)
    _rounds: dict[int, int] = field(default_factory=dict)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Let them write."""
        self._threads = [
            threading.Thread(target=self._write, args=(n,)) for n in range(self.writers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Return when each has had its last answer."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def go_to(self, *doors: str) -> None:
        """Send them to other doors; return when nobody is at an earlier one."""
        self.doors = doors
        self.rounds(2)

    def rounds(self, count: int) -> None:
        """Return when each writer has written ``count`` times more."""
        with self._news:
            until = {n: done + count for n, done in self._rounds.items()}
            assert self._news.wait_for(
                lambda: all(self._rounds[n] >= at for n, at in until.items()),
                timeout=60,
            ), "traffic stands still"

    def each_once(self, conversations: int) -> None:
        """Write so many messages in all, as fast as they are taken."""
        self._threads = [
            threading.Thread(
                target=lambda: [
                    self._message() for _ in range(conversations // self.writers)
                ]
            )
            for _ in range(self.writers)
        ]
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()

    def _write(self, writer: int) -> None:
        self._rounds[writer] = 0
        while not self._over.is_set():
            self._message()
            with self._news:
                self._rounds[writer] += 1
                self._news.notify_all()
            # A signal that comes early only ends the test sooner.
            self._over.wait(0.02)

    def _message(self) -> None:
        n = next(self._numbers)
        door = self.doors[n % len(self.doors)]
        try:
            made = self._post(door, "", {"customer_id": f"c{n}"}, 201)
            self._post(door, f"/{made['id']}/messages", {"text": TEXT}, 202)
        except (OSError, AssertionError) as error:
            self.faults.append(f"{door}: {error!r}")
        else:
            self.accepted += 1

    def _post(self, door: str, path: str, body: object, want: int) -> dict[str, str]:
        connection = HTTPConnection(urlsplit(door).netloc, timeout=20)
        headers = {
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/json",
        }
        try:
            connection.request(
                "POST", f"/v1/conversations{path}", json.dumps(body), headers
            )
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status == want, f"{answer.status} {text}"
            return json.loads(text)
        finally:
            connection.close()
