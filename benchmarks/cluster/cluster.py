"""A cluster: gateways, workers, a stand-in model, and the servers below them."""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path

from benchmarks.cluster import ledger
from benchmarks.cluster.members import Member
from benchmarks.cluster.servers import Broker, Server, broker
from benchmarks.cluster.stale import NOTES
from mainstay.testing.servers.postgres import PostgresServer
from mainstay.testing.servers.redis import RedisServer

AGENT = "benchmarks.cluster.agent:agent"
GATEWAYS, WORKERS = 2, 3
MODEL, MODEL_MS = "benchmarks.cluster.model", 300
DATABASE = "mainstay"


@dataclass(frozen=True, slots=True)
class Base:
    """What the processes stand on.

    Args:
        postgres: the database's server.
        url: the database.
        redis: the cache.
        broker: what carries wakes.
        env: settings that lead to all of it.
        folder: for logs and the ledger.
        key: an admin key.
        model: the address of the stand-in model.
    """

    postgres: PostgresServer
    url: str
    redis: RedisServer
    broker: Broker
    env: Mapping[str, str]
    folder: Path
    key: str
    model: str

    @property
    def ledger(self) -> Path:
        """What reached the world outside."""
        return self.folder / "ledger"

    def mainstay(self, *args: str) -> str:
        """Run a command of Mainstay's and return what it printed.

        Raises:
            CalledProcessError: it failed.
        """
        done = subprocess.run(
            [sys.executable, "-m", "mainstay", *args],
            env={**environ, **self.env},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    def member(self, name: str, *args: str) -> Member:
        """Return a process that does not run yet."""
        return Member(name, args, self.env, self.folder)

    def layer(self, name: str, layer: str) -> Member:
        """Return a process of Mainstay's that does not run yet."""
        return self.member(name, "-m", "mainstay", "serve", layer, "--agent", AGENT)


@dataclass(slots=True)
class Cluster:
    """What runs.

    Args:
        base: what it stands on.
        gateways: where customers come in.
        workers: who answers; a dead one is replaced.
    """

    base: Base
    gateways: list[Member]
    workers: list[Member]
    _started: int = WORKERS

    async def replace(self, worker: Member) -> Member:
        """Start a worker in a dead one's place."""
        self._started += 1
        new = self.base.layer(f"worker-{self._started}", "worker")
        await new.start()
        self.workers[self.workers.index(worker)] = new
        return new

    async def stop(self) -> None:
        """Let all processes drain."""
        members = [*self.workers, *self.gateways]
        await asyncio.gather(*(member.stop() for member in members))


@asynccontextmanager
async def cluster(
    queue: str, folder: Path, model: str = MODEL
) -> AsyncGenerator[Cluster]:
    """Run everything until the block ends.

    Args:
        queue: one of ``QUEUES``.
        folder: for data and logs.
        model: the module of the stand-in model.
    """
    async with AsyncExitStack() as stack:
        base = await _base(stack, queue, folder, model)
        gateways = [base.layer(f"gateway-{n + 1}", "gateway") for n in range(GATEWAYS)]
        workers = [base.layer(f"worker-{n + 1}", "worker") for n in range(WORKERS)]
        running = Cluster(base, gateways, workers)
        stack.push_async_callback(running.stop)
        for member in (*gateways, *workers):
            await member.start()
        yield running


async def _base(stack: AsyncExitStack, queue: str, folder: Path, stand_in: str) -> Base:
    postgres = PostgresServer(folder)
    await _up(stack, postgres)
    redis = RedisServer(folder / "redis")
    await _up(stack, redis)
    carrier = broker(queue, folder)
    if carrier.server is not None:
        await _up(stack, carrier.server)
    url, key = postgres.create(DATABASE), secrets.token_urlsafe(32)
    env = {
        "ANTHROPIC_API_KEY": "stand-in",
        "API_PORT": "0",
        "API_WORKERS": "1",
        "DATABASE_URL": url,
        "REDIS_URL": redis.url,
        "LOG_LEVEL": "WARNING",
        "MAINSTAY_BOOTSTRAP_KEY": key,
        "MAINSTAY_DATA": str(folder),
        ledger.VARIABLE: str(folder / "ledger"),
        **carrier.env,
    }
    model = Member("model", ("-m", stand_in, str(MODEL_MS)), {}, folder)
    await model.start()
    stack.push_async_callback(model.stop)
    env |= {"ANTHROPIC_BASE_URL": model.address}
    base = Base(postgres, url, redis, carrier, env, folder, key, model.address)
    base.mainstay("migrate")
    await asyncio.to_thread(postgres.sql, NOTES, DATABASE)
    if carrier.server is not None:
        base.mainstay("queue", "init")
    return base


async def _up(stack: AsyncExitStack, server: Server) -> None:
    await asyncio.to_thread(server.start)
    stack.push_async_callback(asyncio.to_thread, server.stop)
