"""A thawed worker on PostgreSQL tries to write, and the fence alone keeps it from that.

Its own guard is switched off, and it is stopped where a write comes next. A trial's
figures (``benchmarks.cluster``) are read here while the fence is whole, and while it is
broken on purpose: they must tell the two apart.
"""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from benchmarks.cluster.stale import NOTES
from benchmarks.cluster.witness import Late, Witness
from tests.chaos.lives import Forge, Life, opened, posted
from tests.conformance.postgres_ports import address_of, server

from mainstay.stores.postgres import schema
from mainstay.system.clock import SystemClock

WITHIN_S = 20.0
POINTS = 10
"""Before and after each of the three calls of the model, and the two of tools."""

LOOK_S = 0.02

OWNER = "SELECT lease_owner FROM conversations"
ROBBED = "UPDATE conversations SET lease_until_ms = 0"
"""As if its ten seconds had passed: a worker stopped for less does not suspect it."""

ANSWERED = "SELECT count(*) FROM turns WHERE state = 'answered'"
REPLIES = "SELECT count(*) FROM messages WHERE role = 'agent'"
CHECK = "c.lease_epoch <> (a->>'lease_epoch')::bigint"
CHECK_TOO = "c.lease_owner IS DISTINCT FROM a->>'owner'"
FENCE = f"SELECT pg_get_functiondef('{schema.FUNCTIONS}.the_fence'::regproc)"


@dataclass(frozen=True)
class Site:
    """One database, and a folder for what its processes leave.

    Args:
        folder: data.
        url: the database.
        witness: reads it.
    """

    folder: Path
    url: str
    witness: Witness

    def life(self, forge: Forge, name: str, at: int | None = None) -> Life:
        """Start a gateway, or a worker that stops itself at a point."""
        role = name.partition("-")[0]
        stops = {"at": at, "begin": "", "by": "SIGSTOP", "guard": False}
        more = stops if role == "worker" else {}
        return forge.live(
            self.folder, name, roles=(role,), **more, DATABASE_URL=self.url
        )

    async def answered(self) -> None:
        """Return when a turn has its reply."""
        until_s = time.monotonic() + WITHIN_S
        while not await self.witness.value(ANSWERED):
            assert time.monotonic() < until_s, "nobody else answers"
            await asyncio.sleep(LOOK_S)


async def made(name: str) -> None:
    """Make the template of databases whose fence notes what it says."""
    await schema.migrate(address_of(server().create(name)), SystemClock())
    server().sql(NOTES, name)


def open_fence(name: str) -> None:
    """Let everybody through the fence of a database."""
    whole = server().sql(FENCE, name)
    assert CHECK in whole
    assert CHECK_TOO in whole
    open_ = whole.replace(CHECK, "false").replace(CHECK_TOO, "false")
    server().sql(f"SET search_path TO {schema.SEARCH_PATH}; {open_}", name)


async def thawed(forge: Forge, one: Site, at: int) -> Late:
    """Stop a worker at a point, and thaw it when another has answered."""
    gateway = one.life(forge, "gateway")
    workers = [one.life(forge, name, at) for name in ("worker-a", "worker-b")]
    addresses = [await asyncio.to_thread(life.address) for life in (gateway, *workers)]
    conversation = await opened(addresses[0])
    assert await posted(addresses[0], conversation, "k") is not None
    victim = await _stopped(workers)
    case = await one.witness.struck(await one.witness.value(OWNER))
    case.closed = True
    await one.witness.rows(ROBBED)
    await one.answered()
    os.kill(victim.pid, signal.SIGCONT)
    # It drains: what it has in hand comes to its end.
    victim.end(signal.SIGTERM)
    await asyncio.to_thread(victim.gone)
    late = await one.witness.late(case, 0)
    if late.written == 0:
        assert await one.witness.value(REPLIES) == 1
    for life in (gateway, *workers):
        life.end()
    return late


async def _stopped(workers: Sequence[Life]) -> Life:
    until_s = time.monotonic() + WITHIN_S
    while not (stopped := [worker for worker in workers if worker.frozen]):
        assert time.monotonic() < until_s, "none stopped itself"
        await asyncio.sleep(LOOK_S)
    return stopped[0]


async def everywhere(forge: Forge, folder: Path, *, broken: bool) -> dict[int, Late]:
    """Return what the thawed one did, by the point where it had been stopped."""
    template = f"fence_{'broken' if broken else 'whole'}"
    await made(template)
    if broken:
        open_fence(template)

    async def at(point: int) -> Late:
        name, place = f"{template}_{point}", folder / str(point)
        place.mkdir()
        server().sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        url = server().url(name)
        async with Witness(url) as witness:
            return await thawed(forge, Site(place, url, witness), point)

    points = range(2, POINTS + 1, 2)
    return dict(zip(points, await asyncio.gather(*map(at, points)), strict=True))


@pytest.mark.timeout(120)
async def test_the_fence_refuses_who_was_thawed(forge: Forge, tmp_path: Path) -> None:
    """After each call of the model and of a tool it tries to write, and nothing is."""
    found = await everywhere(forge, tmp_path, broken=False)
    assert all(late.refused for late in found.values()), found
    assert not any(late.written for late in found.values()), found


@pytest.mark.timeout(120)
async def test_the_figures_show_a_broken_fence(forge: Forge, tmp_path: Path) -> None:
    """What it lets through is counted at each point, and some of it as rows."""
    found = await everywhere(forge, tmp_path, broken=True)
    assert all(late.passed for late in found.values()), found
    assert any(late.rows for late in found.values()), found
    assert not any(late.refused for late in found.values()), found
