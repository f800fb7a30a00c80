"""A system with everything beside it that the checklist looks at."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

from tests.acceptance.server import KEY, Server, serving

from mainstay.testing.reference.secrets import made
from mainstay.testing.servers.alertmanager import AlertmanagerServer

RULES = """
groups:
  - name: one
    rules:
      - alert: QueueOld
        expr: mainstay_queue_oldest_age_seconds > 60
"""


class Notices(BaseHTTPRequestHandler):
    """Takes Alertmanager's notices."""

    taken: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        """Keep one."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@dataclass
class Ground:
    """A server with all roles on SQLite, and all that is beside it.

    Args:
        server: it.
        env: of commands.
        folder: where they run.
    """

    server: Server
    env: dict[str, str]
    folder: Path

    def run(self, *words: str, said: str = "", **env: str) -> tuple[int, str, str]:
        """Run a command; return exit code, output and errors."""
        done = subprocess.run(
            [sys.executable, "-m", "mainstay", *words],
            cwd=self.folder,
            env=self.env | env,
            input=said,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def check(self, url: str = "", **env: str) -> tuple[int, dict[str, Any]]:
        """Go through the checklist; return exit code and what was found."""
        gateway = ("--url", url) if url else ()
        code, out, errors = self.run("check", "deploy", "--json", *gateway, **env)
        assert out, errors
        return code, json.loads(out)


@contextmanager
def grounded(folder: Path, stand_in_address: str, **more: str) -> Iterator[Ground]:
    """Give a system where all is well; ``more`` are further settings."""
    (folder / "rules.yml").write_text(RULES)
    (folder / "runbooks").mkdir()
    day = datetime.now(UTC).date()
    (folder / "runbooks" / "QueueOld.md").write_text(f"Last reviewed: {day}\n")
    addresses = dict.fromkeys(("DATABASE_URL", "QUEUE_URL", "REDIS_URL"), "")
    with ExitStack() as stack:
        notices = ThreadingHTTPServer(("127.0.0.1", 0), Notices)
        stack.callback(notices.server_close)
        Thread(target=notices.serve_forever, daemon=True).start()
        stack.callback(notices.shutdown)
        told = f"http://127.0.0.1:{notices.server_port}/"
        manager = AlertmanagerServer(folder / "alerts", told)
        manager.start()
        stack.callback(manager.stop)
        settings = more | {
            "MAINSTAY_RECORD_KEY": made(addresses)["MAINSTAY_RECORD_KEY"],
            "ALERT_RULES": str(folder / "rules.yml"),
            "MAINSTAY_RUNBOOKS": str(folder / "runbooks"),
            "ALERTMANAGER_URL": f"http://{manager.address}",
            "LIMIT_CONVERSATION_USD": "1",
            "BREAKER_RECOVERY_SECONDS": "2",
        }
        server = stack.enter_context(
            serving(folder / "data", stand_in_address, **settings)
        )
        kept = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
        env = (
            kept
            | settings
            | {
                "ANTHROPIC_API_KEY": "stand-in",
                "ANTHROPIC_BASE_URL": stand_in_address,
                "MAINSTAY_BOOTSTRAP_KEY": KEY,
                "MAINSTAY_DATA": str(folder / "data"),
            }
        )
        yield Ground(server, env, folder)


def red(found: dict[str, Any]) -> list[tuple[int, str]]:
    """Return what did not pass."""
    return [
        (one["number"], one["verdict"])
        for one in found["checks"]
        if one["verdict"] != "PASS"
    ]
