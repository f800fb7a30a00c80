"""What happens to a cluster, one thing after another."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.cluster.cluster import Cluster
from benchmarks.cluster.members import Member
from benchmarks.cluster.servers import Server, come_back
from benchmarks.cluster.witness import Case, Witness

KILL_EVERY_S = 5.0
OUTAGE_S = 8.0
"""Longer than anybody waits for the database."""

RETURN_S = 2.0
"""What it takes a server to be there again, about."""

IDLE_S = 5.0
"""How long a fault waits for a worker that has something in hand."""

AIMS = 10
"""How often it is tried to stop one in mid-effect."""

ROBS, MAX_ROBS = 3, 10
ROBBED_S = 4.0
"""Long enough for another worker to claim, short enough for the victim to miss it."""

THAWED_S = 3.0
"""In which a thawed worker could still do harm."""


@dataclass(frozen=True, slots=True)
class Window:
    """When something was wrong (monotonic seconds).

    Args:
        fault: its name.
        began_s: from.
        ended_s: to.
    """

    fault: str
    began_s: float
    ended_s: float


@dataclass(slots=True)
class Faults:
    """Does harm to a cluster and notes when.

    Args:
        cluster: whom.
        witness: sees what becomes of it.
        kills: how many workers are killed.
        down_s: for how long brokers and caches are away.
        frozen_s: for how long workers are.
        calm_s: between two faults, so that each is seen alone.
    """

    cluster: Cluster
    witness: Witness
    kills: int
    down_s: float
    frozen_s: float
    calm_s: float
    owners: dict[str, str] = field(default_factory=dict[str, str])
    windows: list[Window] = field(default_factory=list[Window])
    killed: list[Case] = field(default_factory=list[Case])
    frozen: list[Case] = field(default_factory=list[Case])
    robbed: list[Case] = field(default_factory=list[Case])
    _replacing: set[asyncio.Task[None]] = field(default_factory=set)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, names: list[str]) -> None:
        """Let the faults happen in their order."""
        for name in names:
            if self.cluster.base.broker.server is None and name in BROKER_AWAY:
                continue
            await asyncio.sleep(self.calm_s)
            began_s = time.monotonic()
            await FAULTS[name](self)
            self.windows.append(Window(name, began_s, time.monotonic()))
        await asyncio.gather(*self._replacing)

    def planned_s(self, names: list[str]) -> float:
        """Return how long faults take, if the machine is not too busy."""
        broker = self.cluster.base.broker.server is not None
        times = [self._planned_s(n) for n in names if broker or n not in BROKER_AWAY]
        return sum(times) + self.calm_s * len(times)

    def _planned_s(self, name: str) -> float:
        match name:
            case "kill":
                return self.kills * KILL_EVERY_S
            case "freeze":
                return self.frozen_s + THAWED_S
            case "rob":
                return ROBS * (ROBBED_S + THAWED_S)
            case "restart" | "crash":
                return RETURN_S
            case "outage":
                return OUTAGE_S + RETURN_S
            case _:
                return self.down_s + RETURN_S

    def window(self, *faults: str) -> list[Window]:
        """Return when these happened."""
        return [window for window in self.windows if window.fault in faults]

    async def know(self) -> None:
        """Learn which process is which worker: they enlist in no order of ours.

        Workers start one after another, so that a newcomer is the newest.
        """
        new = await self.witness.newcomers()
        nameless = [w for w in self.cluster.workers if w.name not in self.owners]
        self.owners |= {w.name: o for w, o in zip(nameless, new, strict=True)}

    async def kill(self) -> None:
        """Kill a worker every 5 s; another one takes its place."""
        for _ in range(self.kills):
            while len(self._living()) == 1:
                # A busy machine starts them slowly; one must be left.
                await asyncio.wait(self._replacing, return_when=asyncio.FIRST_COMPLETED)
            worker = await self._busiest()
            worker.kill()
            self.killed.append(await self.witness.struck(self.owners[worker.name]))
            self._replacing.add(asyncio.create_task(self._replace(worker)))
            await asyncio.sleep(KILL_EVERY_S)
            self.killed[-1].closed = True

    async def freeze(self) -> None:
        """Stop a worker in mid-effect, then let it go on: it has something to write."""
        worker, case = await self._stopped()
        self.frozen.append(case)
        await asyncio.sleep(self.frozen_s)
        await self._thaw(worker, case)

    async def rob(self) -> None:
        """Stop a worker for a moment, and end its leases as if it had died.

        After a long freeze it lets go by itself before it writes. Here it believes that
        its leases hold: whatever it tries, the store must refuse. Whether it has
        anything left to try is chance, so that this goes on until it had.
        """
        for n in range(MAX_ROBS):
            if n >= ROBS and await self.witness.refused(self.robbed):
                return
            worker, case = await self._stopped()
            self.robbed.append(case)
            await self.witness.rob(case)
            await asyncio.sleep(ROBBED_S)
            await self._thaw(worker, case)

    async def stop_broker(self) -> None:
        """Stop the broker; what it held may be gone."""
        if (server := self.cluster.base.broker.server) is not None:
            await _away(server, self.down_s)

    async def hang_broker(self) -> None:
        """Freeze the broker: its connections are half open."""
        if (server := self.cluster.base.broker.server) is not None:
            server.process.freeze()
            await asyncio.sleep(self.down_s)
            server.process.thaw()

    async def stop_redis(self) -> None:
        """Stop Redis; what it knew is gone."""
        await _away(self.cluster.base.redis, self.down_s)

    async def restart_postgres(self) -> None:
        """Restart PostgreSQL as for a new setting."""
        await _away(self.cluster.base.postgres, 0)

    async def crash_postgres(self) -> None:
        """Let PostgreSQL crash and come back."""
        await asyncio.to_thread(self.cluster.base.postgres.process.kill)
        await asyncio.to_thread(come_back, self.cluster.base.postgres)

    async def stop_postgres(self) -> None:
        """Leave PostgreSQL down for 8 s."""
        await _away(self.cluster.base.postgres, OUTAGE_S)

    def _living(self) -> list[Member]:
        workers = self.cluster.workers
        return [w for w in workers if w.name in self.owners and not w.killed]

    async def _busiest(self) -> Member:
        names = {self.owners[w.name]: w for w in self._living()}
        return names[await self.witness.busiest(list(names), IDLE_S)]

    async def _stopped(self) -> tuple[Member, Case]:
        """Return a worker that was stopped while its tools were at work."""
        names = {self.owners[w.name]: w for w in self._living()}
        aims = AIMS
        while True:
            owner = await self.witness.acting(list(names), IDLE_S)
            names[owner].freeze()
            aims -= 1
            # A look takes a moment, and so does an effect: it may be over.
            if not aims or await self.witness.acts(owner):
                return names[owner], await self.witness.struck(owner)
            names[owner].thaw()

    async def _thaw(self, worker: Member, case: Case) -> None:
        case.closed = True
        worker.thaw()
        await asyncio.sleep(THAWED_S)

    async def _replace(self, worker: Member) -> None:
        async with self._one_at_a_time:
            await self.cluster.replace(worker)
            await self.know()


async def _away(server: Server, seconds: float) -> None:
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.start)


FAULTS: Mapping[str, Callable[[Faults], Awaitable[None]]] = {
    "kill": Faults.kill,
    "freeze": Faults.freeze,
    "rob": Faults.rob,
    "broker": Faults.stop_broker,
    "hang": Faults.hang_broker,
    "redis": Faults.stop_redis,
    "restart": Faults.restart_postgres,
    "crash": Faults.crash_postgres,
    "outage": Faults.stop_postgres,
}
BROKER_AWAY = ("broker", "hang")
POSTGRES_AWAY = ("restart", "crash", "outage")
