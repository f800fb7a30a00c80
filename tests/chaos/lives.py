"""Starts and watches the victims: processes that live on one data folder."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp

SCRIPT = Path(__file__).with_name("victim.py")
KEY = "k" * 40
AUTH = {"Authorization": f"Bearer {KEY}"}
ASKED = {"text": "I want a refund for order 1042"}

AT_ONCE = 3
AFTERMATH_S = 1.0

ACCEPT = "SELECT customer_id, owner"
CLAIM = "UPDATE conversations SET lease_owner = 'proc"


class Life:
    """One process.

    Args:
        pid: its process id.
        folder: where its notes are.
        name: which of several it is.
    """

    def __init__(self, pid: int, folder: Path, name: str) -> None:
        self.pid = pid
        self._folder = folder
        self._name = name

    @property
    def points(self) -> list[str]:
        """The points it passed, or died at."""
        log = self._folder / f"{self._name}.points"
        return log.read_text().splitlines() if log.exists() else []

    def address(self, within_s: float = 20) -> str:
        """Return where it serves, as soon as it is ready."""
        ready = self._folder / f"{self._name}.ready"
        until = time.monotonic() + within_s
        while not ready.exists() or not ready.read_text():
            output = self._folder / f"{self._name}.output"
            assert self.lives, f"{self._name} died: {output.read_text()[-2000:]}"
            assert time.monotonic() < until, f"{self._name} is not ready"
            time.sleep(0.01)
        return ready.read_text()

    @property
    def lives(self) -> bool:
        """Whether the process is there."""
        try:
            state = (
                Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            )
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"

    @property
    def output(self) -> str:
        """What it printed and logged."""
        return (self._folder / f"{self._name}.output").read_text()

    @property
    def frozen(self) -> bool:
        """Whether the process is stopped."""
        return _state(self.pid) == "T"

    def end(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal, if it is there."""
        if self.lives:
            os.kill(self.pid, number)

    def gone(self, within_s: float = 40) -> float:
        """Return the seconds until the process has ended."""
        started = time.monotonic()
        until = started + within_s
        while self.lives:
            assert time.monotonic() < until, f"{self._name} does not end"
            time.sleep(0.01)
        return time.monotonic() - started


def _state(pid: int) -> str:
    """Return the kernel's letter for what a process does."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


class Forge:
    """Forks lives out of one process that has imported everything."""

    def __init__(self, model_address: str) -> None:
        self._model = model_address
        self._forge = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lives: list[Life] = []
        self._one_at_a_time = threading.Lock()

    def live(  # noqa: PLR0913 - what a life is
        self,
        folder: Path,
        name: str,
        *,
        roles: tuple[str, ...] = ("gateway", "worker"),
        at: int | None = None,
        begin: str = ACCEPT,
        by: str = "SIGKILL",
        drain_s: float | None = None,
        guard: bool = True,
        **settings: str,
    ) -> Life:
        """Start a process on ``folder``; ``at`` is where it strikes itself.

        Without its ``guard`` a worker does not notice that it lost a lease.
        """
        spec: dict[str, Any] = {"roles": roles, "at": at, "from": begin, "with": by}
        spec |= {"drain_s": drain_s, "guard": guard}
        spec["env"] = {
            "ANTHROPIC_API_KEY": "stand-in",
            "ANTHROPIC_BASE_URL": self._model,
            "API_PORT": "0",
            "LOG_LEVEL": "ERROR",
            "MAINSTAY_BOOTSTRAP_KEY": KEY,
            "MAINSTAY_DATA": str(folder),
            **settings,
        }
        for part in ("log", "ready", "output"):
            ending = "points" if part == "log" else part
            spec[part] = str(folder / f"{name}.{ending}")
        spec["token"] = str(folder / "struck")
        assert self._forge.stdin is not None
        assert self._forge.stdout is not None
        with self._one_at_a_time:
            print(json.dumps(spec), file=self._forge.stdin, flush=True)
            life = Life(int(self._forge.stdout.readline()), folder, name)
            self._lives.append(life)
        return life

    def close(self) -> None:
        """End every life that is left, then the forge."""
        for life in self._lives:
            life.end()
        assert self._forge.stdin is not None
        self._forge.stdin.close()
        self._forge.wait()


def rows(path: Path, sql: str) -> list[Any]:
    """Read a database beside those who write it."""
    db = sqlite3.connect(path, timeout=10)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


async def opened(address: str) -> str:
    """Open a conversation over HTTP; return its id."""
    async with (
        aiohttp.ClientSession(headers=AUTH) as http,
        http.post(f"{address}/v1/conversations", json={"customer_id": "demo"}) as got,
    ):
        return (await got.json())["id"]


async def posted(address: str, conversation_id: str, key: str, wait: int = 0) -> Any:
    """Post the message; return its answer, None when the process died before one."""
    url = f"{address}/v1/conversations/{conversation_id}/messages?wait={wait}"
    headers = {**AUTH, "Idempotency-Key": key}
    try:
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.post(url, json=ASKED) as got,
        ):
            assert got.status in (200, 202), await got.text()
            return await got.json()
    except (aiohttp.ClientError, ConnectionError):
        return None


def answered(folder: Path, within_s: float, where: str = "") -> float:
    """Return the seconds until the conversation's only turn is answered."""
    started = time.monotonic()
    while True:
        found = rows(folder / "mainstay.db", "SELECT state FROM turns")
        took_s = time.monotonic() - started
        if found and all(state == "answered" for (state,) in found):
            return took_s
        assert took_s < within_s, f"not answered in {within_s} s: {found} {where}"
        time.sleep(0.02)


def struck(life: Life, folder: Path, within_s: float = 20) -> bool:
    """Return whether the life struck itself before its turn was over.

    Commits are grouped as they come, so that a run may have a point or two less than
    the one that was counted.
    """
    until = time.monotonic() + within_s
    answered_at = None
    while life.lives:
        now = time.monotonic()
        found = rows(folder / "mainstay.db", "SELECT state FROM turns")
        if found and found[0][0] == "answered":
            answered_at = answered_at or now
        if answered_at is not None and now - answered_at > AFTERMATH_S:
            life.end()
        assert now < until, "neither struck nor answered"
        time.sleep(0.02)
    return (folder / "struck").exists()


def check(folder: Path, where: str, replies: int = 1) -> None:
    """Compare the world with what was promised: one refund, one true reply."""
    store = folder / "mainstay.db"
    refunds = rows(folder / "shop.db", "SELECT count(*) FROM refunds")[0][0]
    assert refunds == 1, f"{where}: {refunds} refunds"
    effects = rows(store, "SELECT state FROM effects")
    assert effects == [("committed",)], f"{where}: {effects}"
    said = rows(store, "SELECT role, text FROM messages ORDER BY seq")
    assert [r for r, _ in said] == ["customer", *["agent"] * replies], (
        f"{where}: {said}"
    )
    assert "59.90" in said[-1][1], f"{where}: {said}"
    free = rows(store, "SELECT lease_owner, ready_at_ms FROM conversations")
    assert free == [(None, None)], f"{where}: {free}"


def written(folder: Path) -> str:
    """Return all that the store holds of the turn."""
    tables = ("turns", "steps", "effects", "messages", "events", "audit")
    return json.dumps(
        [rows(folder / "mainstay.db", f"SELECT * FROM {t}") for t in tables],  # noqa: S608 - our own names
        default=repr,
    )


def each_at_once(
    scenario: Callable[[int], Coroutine[Any, Any, float]],
    points: Iterable[int],
    at_once: int = AT_ONCE,
) -> list[float]:
    """Play a scenario at every point, a few at once; return what each gave."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda at: asyncio.run(scenario(at)), points))
