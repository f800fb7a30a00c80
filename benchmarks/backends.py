"""The real servers that a layout stands on, started for it and ended with it."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import family_cpu_s
from mainstay.testing.servers.engines import serving
from mainstay.testing.servers.postgres import PostgresServer


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database.

    Args:
        env: settings that lead to it.
        disk: a folder on the disk it is on.
        size_mb: tells its size in MB (10^6 bytes).
        cpu_s: tells the CPU time of its server, 0 without one.
    """

    env: Mapping[str, str]
    disk: Path
    size_mb: Callable[[], float]
    cpu_s: Callable[[], float]


@contextmanager
def database(kind: str, folder: Path) -> Generator[Database]:
    """Yield a database of a kind: ``sqlite`` or ``postgres``."""
    if kind == "sqlite":
        yield Database({}, folder, lambda: _files_mb(folder), lambda: 0.0)
        return
    server = PostgresServer(folder)
    server.start()
    try:
        url = server.create("mainstay")
        yield Database(
            {"DATABASE_URL": url},
            folder,
            lambda: _database_mb(server),
            lambda: family_cpu_s(server.process.pid),
        )
    finally:
        server.stop()


@contextmanager
def queue(kind: str, folder: Path) -> Generator[Mapping[str, str]]:
    """Yield the settings of a queue of a kind, with its server."""
    if kind == "database":
        yield {}
        return
    with serving([kind], folder / "broker") as env:
        yield _made(env)


def _made(env: Mapping[str, str]) -> Mapping[str, str]:
    """Make the queue as a user does, and return its settings."""
    command = [sys.executable, "-m", "mainstay", "queue", "init"]
    subprocess.run(command, check=True, env={**os.environ, **env}, capture_output=True)
    return env


def _files_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.glob("*.db*")) / 1e6


def _database_mb(server: PostgresServer) -> float:
    return int(server.sql("SELECT pg_database_size('mainstay')")) / 1e6
