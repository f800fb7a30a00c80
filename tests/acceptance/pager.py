"""Who is told of alerts: a webhook of Alertmanager's, and what it heard."""

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from typing_extensions import override

PATIENCE_S = 75.0
LOOK_S = 0.2

Status = Literal["firing", "resolved"]


class Pager:
    """Hears webhooks, and knows what was last said of each alert.

    Args:
        address: where it listens, once it does.
    """

    def __init__(self) -> None:
        self.address = ""
        self._said = threading.Condition()
        self._last: dict[tuple[str, str], dict[str, Any]] = {}

    def hear(self, message: Any) -> None:
        """Take one message."""
        with self._said:
            for alert in message["alerts"]:
                key = (alert["labels"]["alertname"], alert["fingerprint"])
                self._last[key] = alert
            self._said.notify_all()

    def forget(self) -> None:
        """Know nothing."""
        with self._said:
            self._last.clear()

    def last(self, name: str, status: Status) -> list[dict[str, Any]]:
        """Return the alerts of a name whose last word this was."""
        with self._said:
            return [
                alert
                for (known, _), alert in self._last.items()
                if known == name and alert["status"] == status
            ]

    def said(self, beginning: str) -> bool:
        """Tell whether anything was said of an alert whose name begins so."""
        with self._said:
            return any(name.startswith(beginning) for name, _ in self._last)

    def has(self, status: Status, *names: str) -> bool:
        """Tell whether this was the last word of each name, for all its alerts."""
        other: Status = "resolved" if status == "firing" else "firing"
        return all(
            self.last(name, status)
            and (status == "firing" or not self.last(name, other))
            for name in names
        )

    def wait(
        self,
        status: Status,
        *names: str,
        meanwhile: Callable[[], object] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Return when this was said of each name; go on with something meanwhile."""
        until_s = time.monotonic() + patience_s
        while not self.has(status, *names):
            missing = [name for name in names if not self.has(status, name)]
            assert time.monotonic() < until_s, f"not {status}: {missing}"
            if meanwhile is not None:
                meanwhile()
            with self._said:
                self._said.wait(LOOK_S)


@contextmanager
def listening() -> Generator[Pager]:
    """Give a pager that listens on loopback."""
    pager = Pager()

    class Webhook(BaseHTTPRequestHandler):
        """Takes what Alertmanager posts."""

        def do_POST(self) -> None:
            """Hear it, and say so."""
            length = int(self.headers["Content-Length"])
            pager.hear(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        pager.address = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield pager
        finally:
            server.shutdown()
            thread.join()
