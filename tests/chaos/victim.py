"""Processes that can be killed or frozen at every write and call.

Run as a script: it imports Mainstay once, then forks one child for each line of JSON on
its standard input, so that a life costs a fork and not an interpreter's start. Each
child runs the real assembly with two things added: a trace on the store's writer
connection, called by SQLite before every statement, and a wrapper around the model's
and the tools' calls. Both count; at the number asked for the child strikes itself.
"""

import json
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from mainstay.assembly import frame, running, sqlite, working
from mainstay.models.sdk import preload
from mainstay.settings import load
from mainstay.worker import grip
from mainstay.worker.options import WorkerOptions

BEGIN = "BEGIN IMMEDIATE"
BESIDE = (
    "UPDATE conversations SET lease_until_ms",
    "INSERT INTO findings",
    *("INSERT INTO hours", "DELETE FROM hours"),
    *("INSERT OR REPLACE INTO metrics_pages", "DELETE FROM metrics_pages"),
)
"""How statements begin that come by the clock, whatever turns do."""

BLOCK_S = 31.0


class Points:
    """Counts the points at which this life may end.

    Lease renewals and what health checks find come when they come: they are not
    counted, so that a number means the same point in every life.

    Args:
        spec: ``at`` the number of the point, 0 for none; ``from`` the statement that
            starts the count, "" to count from the first; ``with`` the signal's name,
            or BLOCK to keep this thread from going on for 31 s; ``token`` a file that
            only the first of several victims can make; ``log`` where the points' names
            go.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        self._n = 0
        self._armed = not spec["from"]
        self._beside = self._counted = False
        self._last = ""
        self._log = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def statement(self, sql: str) -> None:
        """Take a statement that is about to run."""
        told = " ".join(sql.split())
        if self._spec["from"] in told:
            self._armed = True
        if told.startswith(BESIDE):
            if self._last == BEGIN:
                self._take_back()
        elif not (self._beside and told == "COMMIT"):
            self._put_back()
            self.reach(told[:60])
        self._beside = self._beside and told != "COMMIT"
        self._last = told

    def reach(self, name: str) -> None:
        """Pass a point, or end here."""
        if not self._armed:
            return
        self._n += 1
        os.write(self._log, f"{name}\n".encode())
        if self._n == self._spec["at"] and self._first():
            self._strike(self._spec["with"])

    def _strike(self, means: str) -> None:
        if means == "BLOCK":
            time.sleep(BLOCK_S)
        else:
            # To this very thread: it must not take another step.
            number = getattr(signal, means)
            signal.pthread_kill(threading.get_ident(), number)

    def _take_back(self) -> None:
        """Forget the BEGIN of what seems to be beside the turn."""
        self._beside, self._counted = True, self._armed
        if self._armed:
            self._n -= 1
            size = os.fstat(self._log).st_size
            os.ftruncate(self._log, size - len(f"{BEGIN}\n"))

    def _put_back(self) -> None:
        """Count the BEGIN after all: a turn's statements are in the same group."""
        if self._beside and self._counted:
            self._n += 1
            os.write(self._log, f"{BEGIN}\n".encode())
        self._beside = False

    def _first(self) -> bool:
        try:
            Path(self._spec["token"]).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


class Outside:
    """A port whose calls are points before and after."""

    def __init__(self, port: Any, points: Points, verbs: tuple[str, ...]) -> None:
        self._port, self._points, self._verbs = port, points, verbs

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._port, name)
        if name not in self._verbs:
            return inner

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._points.reach(f"before {name}")
            outcome = await inner(*args, **kwargs)
            self._points.reach(f"after {name}")
            return outcome

        return call


def arm(points: Points) -> None:
    """Put the points into this process's assembly."""
    open_sqlite = sqlite.open_sqlite
    open_models, open_tools = working.open_models, frame.open_tools

    def store(*args: Any, **kwargs: Any) -> Any:
        opened = open_sqlite(*args, **kwargs)
        opened.writer.connection.set_trace_callback(points.statement)
        return opened

    sqlite.open_sqlite = store
    working.open_models = lambda *args: {
        name: Outside(model, points, ("call",))
        for name, model in open_models(*args).items()
    }

    async def tools(*args: Any, **kwargs: Any) -> Any:
        return Outside(await open_tools(*args, **kwargs), points, ("call",))

    frame.open_tools = tools


def unguard() -> None:
    """Let the worker go on under leases that it lost: only the store objects."""
    grip.Held.ensure = lambda _: None
    grip.GripKeeper._let_go = lambda _, held: None  # noqa: SLF001 - broken on purpose


def live(spec: dict[str, Any]) -> None:
    """Run one life to its end."""
    if spec["at"] is not None:
        arm(Points(spec))
    if not spec["guard"]:
        unguard()
    if spec["drain_s"] is not None:
        working.WorkerOptions = partial(WorkerOptions, drain_s=spec["drain_s"])
    settings = load(spec["env"])

    def ready(up: running.Running) -> None:
        Path(spec["ready"]).write_text(up.address)

    running.run(settings, frozenset(spec["roles"]), ready)


def main() -> None:
    """Fork a child for each line; print its process id."""
    preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        spec = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            log = os.open(spec["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            try:
                live(spec)
            except BaseException as error:
                print(f"life ended: {error!r}", file=sys.stderr, flush=True)
                raise
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
