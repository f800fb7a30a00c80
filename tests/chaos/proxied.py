"""A gateway and a worker whose every connection passes through a proxy."""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.apart import Role
from tests.chaos.promises import check
from tests.chaos.refunders import Refunders, Refusal, Turn, now_s
from tests.conformance import postgres_ports

from mainstay.simulator.options import Options
from mainstay.simulator.server import running_in_thread
from mainstay.testing.proxy import Proxy
from mainstay.testing.servers.rabbitmq import RabbitMqServer
from mainstay.testing.servers.redis import RedisServer

PACE_S = 0.01
WAKES = "wakes"
CUSTOMERS = 4
START_S = 30.0
"""The first turn of a worker waits for an import."""

_numbers = itertools.count(1)


def away(proxy: Proxy) -> None:
    """Let nobody in, and whoever is there out."""
    proxy.refuse()
    proxy.cut("rst")


def half_open_for_good(proxy: Proxy) -> None:
    """Make what is there half-open, and let new connections through."""
    proxy.swallow()
    proxy.heal()


@dataclass(frozen=True, slots=True)
class Endured:
    """A fault as customers saw it.

    Args:
        turns: open while it lasted.
        refusals: of messages, from its beginning until all was well.
        healed_s: when it was healed.
        back_s: from then until turns were on level 0 again.
    """

    turns: Sequence[Turn]
    refusals: Sequence[Refusal]
    healed_s: float
    back_s: float

    @property
    def levels(self) -> set[int]:
        """The levels on which the turns were answered."""
        return {turn.level for turn in self.turns}

    @property
    def slowest_s(self) -> float:
        """What the slowest of them took."""
        return max((turn.took_s for turn in self.turns), default=0.0)

    def refused_after(self, seconds: float) -> list[Refusal]:
        """Return who was sent away later than so long after healing."""
        return [r for r in self.refusals if r.at_s > self.healed_s + seconds]

    def __str__(self) -> str:
        waited_s = max((r.took_s for r in self.refusals), default=0.0)
        return (
            f"{len(self.turns)} turns, slowest {self.slowest_s:.1f} s, levels "
            f"{self.levels}, {len(self.refusals)} refused within {waited_s:.1f} s, "
            f"well again after {self.back_s:.1f} s"
        )


@dataclass(frozen=True)
class Deployment:
    """What runs.

    Args:
        proxies: one a connection: ``model``, ``database``, ``cache``, ``broker``.
        database: the name of the database, which tests reach without a proxy.
        shop: the shop's file: the world outside.
        customers: who ask for refunds all the time.
    """

    proxies: Mapping[str, Proxy]
    database: str
    shop: Path
    customers: Refunders

    async def endure(
        self,
        connection: str,
        strike: Callable[[Proxy], None],
        lasts_s: float,
        within_s: float,
    ) -> Endured:
        """Let a fault last in the midst of traffic, heal it, wait for good times.

        Whatever was accepted until then must have been answered as promised.

        Args:
            connection: which one.
            strike: does the harm.
            lasts_s: for how long.
            within_s: how soon after that turns are on level 0 again.
        """
        proxy, customers = self.proxies[connection], self.customers
        began_s = now_s()
        strike(proxy)
        await asyncio.sleep(lasts_s)
        proxy.heal()
        healed_s = now_s()
        back_s = await customers.well_again(healed_s, within_s)
        settled = await customers.settled()
        turns = customers.met(began_s, healed_s)
        refusals = [r for r in customers.refusals if r.at_s >= began_s]
        endured = Endured(turns, refusals, healed_s, back_s)
        print(f"{connection}: {endured}")
        check(settled, self._held(), self.shop)
        return endured

    def _held(self) -> set[str]:
        """Return the turns that the watchdog answered for."""
        sql = "SELECT id FROM mainstay.turns WHERE held_at_ms IS NOT NULL"
        return set(postgres_ports.server().sql(sql, self.database).split())


@contextlib.asynccontextmanager
async def deployed(folder: Path) -> AsyncGenerator[Deployment]:
    """Start everything; customers write until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        proxies, settings, database = await _servers(stack, folder)
        roles = [Role(name, folder, **settings) for name in ("gateway", "worker")]
        for role in roles:
            stack.callback(role.kill)
            role.start()
        for role in roles:
            await role.serves()
        customers = Refunders(roles[0].address, CUSTOMERS)
        await stack.enter_async_context(customers.writing())
        await customers.well_again(now_s(), START_S)
        yield Deployment(proxies, database, folder / "shop.db", customers)


async def _servers(
    stack: contextlib.AsyncExitStack, folder: Path
) -> tuple[dict[str, Proxy], dict[str, str], str]:
    """Start what they stand on; return the proxies, the settings, the database."""
    model = stack.enter_context(running_in_thread(Options(pace_s=PACE_S)))
    redis, rabbitmq = RedisServer(folder / "redis"), RabbitMqServer(folder / "rabbitmq")
    for server in (redis, rabbitmq):
        await asyncio.to_thread(server.start)
        stack.callback(server.process.kill)
    postgres = await asyncio.to_thread(postgres_ports.server)
    await asyncio.to_thread(_make_queue, rabbitmq.url(WAKES))
    database = f"proxied_{folder.name}_{next(_numbers)}".replace("-", "_")
    urls = {
        "model": model,
        "database": postgres.create(database),
        "cache": redis.url,
        "broker": rabbitmq.url(WAKES),
    }
    ports = {
        "model": int(model.rpartition(":")[2]),
        "database": postgres.port,
        "cache": redis.port,
        "broker": rabbitmq.port,
    }
    proxies: dict[str, Proxy] = {}
    for name, port in ports.items():
        proxies[name] = await stack.enter_async_context(Proxy(port))
        urls[name] = urls[name].replace(f":{port}", f":{proxies[name].port}")
    names = {
        "model": "ANTHROPIC_BASE_URL",
        "database": "DATABASE_URL",
        "cache": "REDIS_URL",
        "broker": "QUEUE_URL",
    }
    settings = {names[name]: url for name, url in urls.items()}
    return proxies, settings | {"API_WORKERS": "1", "RATE_LIMIT": "100000"}, database


def _make_queue(url: str) -> None:
    """Make the queue, as whoever runs a broker does once."""
    subprocess.run(
        [sys.executable, "-m", "mainstay", "queue", "init"],
        env={**os.environ, "QUEUE_TYPE": "rabbitmq", "QUEUE_URL": url},
        check=True,
        capture_output=True,
    )
