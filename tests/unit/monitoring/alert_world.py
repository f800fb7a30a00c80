"""A deployment of processes whose metrics a test sets, and what was told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.alerting.notice import Notice, NotSent
from mainstay.monitoring.alerting.rules import Rule, rules_of
from mainstay.monitoring.alerting.surroundings import Surroundings, WatcherOptions
from mainstay.monitoring.alerting.watcher import EVERY_S, Watcher
from mainstay.ports.alerts import Part, Silence
from mainstay.ports.telemetry import TelemetryEvent, Trouble
from mainstay.testing.clock import ManualClock
from mainstay.testing.memory_alerts import MemoryAlerts

RULES = """
groups:
  - name: test
    rules:
      - record: all:queue
        expr: sum(queue)
      - alert: Long
        expr: all:queue > 10
        labels:
          severity: page
        annotations:
          summary: "{{ $value }} wait"
      - alert: Slow
        expr: max by (process) (age) > 5
        for: 1m
        labels:
          severity: ticket
      - alert: Failing
        expr: sum(increase(failures_total[5m])) > 0
        keep_firing_for: 2m
        labels:
          severity: page
      - alert: Deadman
        expr: count(queue) > 0
        labels:
          severity: none
"""


@dataclass
class Teller:
    """A sender that keeps what it told, or refuses, or raises what it should not."""

    name: str = "webhook"
    repeat_s: float = 3600.0
    refuses: bool = False
    fault: Exception | None = None
    told: list[Notice] = field(default_factory=list[Notice])

    def send(self, notice: Notice) -> None:
        """Take a notice, or not."""
        if self.refuses:
            raise NotSent("not now")
        if self.fault is not None:
            raise self.fault
        self.told.append(notice)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Name and status of each notice."""
        return [(one.name, one.status) for one in self.told]


class Shared(MemoryAlerts):
    """What processes share, which can be away."""

    away = False

    async def watch(
        self, owner: str, for_s: float, *, patient: bool = False
    ) -> int | None:
        """Win or prolong the right to watch."""
        self._look()
        return await super().watch(owner, for_s, patient=patient)

    async def remember(self, epoch: int, part: Part, content: bytes) -> bool:
        """Keep what the watcher knows."""
        self._look()
        return await super().remember(epoch, part, content)

    async def pages(self) -> Sequence[str]:
        """Return the addresses."""
        self._look()
        return await super().pages()

    async def silences(self) -> Sequence[Silence]:
        """Return those that hold now."""
        self._look()
        return await super().silences()

    def _look(self) -> None:
        if self.away:
            raise StoreUnavailable("the store is away")


class World:
    """Processes, their metrics, and watchers among them."""

    def __init__(self, rules: str = RULES) -> None:
        self.clock = ManualClock()
        self.known: set[str] = set()
        self.shared = Shared(self.clock, lambda: self.known)
        self.page: dict[str, str] = {}
        self.teller, self.heartbeat = Teller(), Teller("heartbeat", 60.0)
        self.rules: list[Rule] = rules_of(rules)
        self.troubles: list[str] = []

    def emit(self, event: TelemetryEvent) -> None:
        """Take an event."""
        assert isinstance(event, Trouble)
        self.troubles.append(event.error)

    def fetch(self, address: str) -> str:
        """Return a page; a process that has none does not answer."""
        if address not in self.page:
            raise ConnectionRefusedError(address)
        return self.page[address]

    async def join(self, owner: str, page: str = "") -> Watcher:
        """Start a process that watches or waits."""
        self.known.add(owner)
        await self.shared.publish(owner, f"{owner}:1")
        self.page[f"{owner}:1"] = page
        watcher = Watcher(
            Surroundings(
                owner=owner,
                shared=self.shared,
                fetch=self.fetch,
                clock=self.clock,
                telemetry=self,
                options=WatcherOptions(
                    source="test",
                    rules=self.rules,
                    senders=[self.teller, self.heartbeat],
                ),
            )
        )
        await watcher.start()
        await self.rest()
        return watcher

    async def rounds(self, count: int = 1, every_s: float = EVERY_S) -> None:
        """Let so many rounds be played."""
        for _ in range(count):
            self.clock.advance(every_s)
            await self.rest()

    async def rest(self) -> None:
        """Return when every watcher sleeps again."""
        await asyncio.wait_for(self.clock.until_sleepers(len(self.known)), 20)
