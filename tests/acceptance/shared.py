"""Processes that share a PostgreSQL and a Redis."""

import re
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.server import Server, StandIn, serving
from tests.conformance import postgres_ports

from mainstay.testing.servers.redis import RedisServer

PATIENCE_S = 20.0


@dataclass
class Cluster:
    """Some processes on one database and one cache.

    Args:
        folder: for their data.
        stand_in: their model.
        redis: their cache.
        database: its address.
        stack: ends them.
    """

    folder: Path
    stand_in: StandIn
    redis: RedisServer
    database: str
    stack: ExitStack
    count: int = field(default=0)

    def start(self, role: str, **settings: str) -> Server:
        """Start a process; return it when it is ready."""
        self.count += 1
        shared = {
            "DATABASE_URL": self.database,
            "REDIS_URL": self.redis.url,
            "API_WORKERS": "1",
        }
        running = serving(
            self.folder / f"{role}-{self.count}",
            self.stand_in.address,
            role,
            **shared | settings,
        )
        return self.stack.enter_context(running)


@contextmanager
def cluster(folder: Path, stand_in: StandIn) -> Generator[Cluster]:
    """Give a cluster without processes; Redis runs."""
    server = postgres_ports.server()
    database = server.create(f"cluster_{time.monotonic_ns()}")
    redis = RedisServer(folder / "redis")
    with ExitStack() as stack:
        redis.start()
        stack.callback(redis.process.kill)
        yield Cluster(folder, stand_in, redis, database, stack)


def metric(server: Server, name: str) -> float:
    """Return a sample of a process's metrics; 0 where it is not there."""
    _, page, _ = server.call("GET", "/metrics")
    found = re.search(rf"^{re.escape(name)} (\S+)$", page.decode(), re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def until(name: str, value: float, *servers: Server) -> None:
    """Return when each server's sample has the value."""
    for server in servers:
        for _ in _ticks():
            if metric(server, name) == value:
                break
        else:
            raise AssertionError(f"{name} is {metric(server, name)}, not {value}")


def _ticks() -> Iterator[None]:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        yield
        time.sleep(0.05)
