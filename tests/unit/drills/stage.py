"""A system to drill in, whose customers live through what a test says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.order import Order, OrderKind, Standing
from mainstay.drills.site import Site
from mainstay.ports.audit import AuditVerdict
from mainstay.ports.hearing import Heard
from mainstay.ports.members import Member
from mainstay.testing.clock import ManualClock

WORKERS = (Member("w2", "worker", ""), Member("w1", "worker", ""))

Fate = Callable[["Stage", float], tuple[float, int | None] | None]
"""From the seconds so far: the wait and level of whoever writes then; None: unheard.

Without a level it was a holding reply.
"""


def well(_: "Stage", __: float) -> tuple[float, int]:
    """A model answers within a second."""
    return 1.0, 0


@dataclass
class Stage:
    """Keeps orders, audit and time; a customer writes each second.

    Args:
        fate: what becomes of them.
        members: the processes.
        quiet: nobody writes.
        deaf: no worker follows orders.
        read_only: a database that is taken away can still be read, as a file can.
    """

    fate: Fate = well
    members_: Sequence[Member] = WORKERS
    quiet: bool = False
    deaf: bool = False
    read_only: bool = False
    has_limits: bool = True
    carrier: str = "rabbitmq"
    clock: ManualClock = field(default_factory=ManualClock)
    held: dict[OrderKind, tuple[Order, float]] = field(default_factory=dict)
    said: list[tuple[float, OrderKind]] = field(default_factory=list)
    lifted: list[OrderKind] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    disturbed: list[float] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    away: bool = False
    locked: bool = False
    driller: str = "drl_1"

    def __post_init__(self) -> None:
        self._zero_ms = self.clock.now_ms()

    @property
    def now_s(self) -> float:
        """Seconds since the beginning."""
        return (self.clock.now_ms() - self._zero_ms) / 1000

    def holds(self, kind: OrderKind) -> bool:
        """Tell whether an order holds now."""
        return kind in self.held and self.held[kind][1] > self.now_s

    def site(self) -> Site:
        """Return what a drill reaches of it."""
        return Site(
            orders=self,
            members=self,
            hearing=self,
            audit=self,
            disturb=self._disturb,
            carrier=self.carrier,
            has_limits=self.has_limits,
            clock=self.clock,
            driller=self.driller,
        )

    async def hold(self, order: Order, for_s: float) -> None:
        """Keep an order."""
        self.said.append((self.now_s, order.kind))
        self.held[order.kind] = (order, self.now_s + for_s)
        if not self.deaf:
            self.members_ = [m for m in self.members_ if m.owner != order.target]
            self.heard.add(order.target)

    async def take(self, order: Order, for_s: float) -> bool:
        """Keep an order, unless another one of its kind holds."""
        if self.away or self.locked:
            raise StoreUnavailable("away")
        if self.holds(order.kind) and self.held[order.kind][0].target != order.target:
            return False
        self.held[order.kind] = (order, self.now_s + for_s)
        return True

    async def lift(self, order: Order) -> None:
        """Drop one."""
        self.lifted.append(order.kind)
        if order.kind in self.held and self.held[order.kind][0].target == order.target:
            del self.held[order.kind]

    async def standing(self) -> Sequence[Standing]:
        """Return those that hold."""
        return [
            Standing(order, until_s - self.now_s)
            for order, until_s in self.held.values()
            if until_s > self.now_s
        ]

    async def all(self) -> Sequence[Member]:
        """Return the processes."""
        return self.members_

    async def settle(self, owner: str, address: str) -> None:
        """Take an address."""

    async def answer(self, call: str, owner: str) -> None:
        """Take an answer."""

    async def answered(self, call: str) -> str | None:
        """Return who follows an order, None while nobody does."""
        return "w1" if call in self.heard else None

    async def note(
        self, actor: str, action: str, subject: str, detail: Mapping[str, str]
    ) -> None:
        """Keep an entry of the audit."""
        self.notes.append((action, subject))

    async def verify(self) -> AuditVerdict:
        """Find it intact."""
        return AuditVerdict(0, intact=True, broken_at=None, head="")

    async def now_ms(self) -> int:
        """Return the time."""
        if self.away:
            raise StoreUnavailable("away")
        return self.clock.now_ms()

    async def since(self, at_ms: int, limit: int) -> Sequence[Heard]:
        """Return what customers lived through until now: one wrote each second."""
        if self.away:
            raise StoreUnavailable("away")
        if self.quiet:
            return []
        first_s = int((at_ms - self._zero_ms) / 1000)
        return [self._lived(n) for n in range(first_s, int(self.now_s) + 1)][:limit]

    def _lived(self, n: int) -> Heard:
        at_ms = self._zero_ms + n * 1000
        fate = self.fate(self, float(n))
        if fate is None or n + fate[0] > self.now_s:
            return Heard(at_ms, None, None, held=False)
        heard_ms, level = at_ms + round(fate[0] * 1000), fate[1]
        return Heard(at_ms, heard_ms, level, held=level is None)

    async def _disturb(self, for_s: float) -> None:
        self.disturbed.append(for_s)
        self.away, self.locked = not self.read_only, self.read_only
        try:
            await self.clock.sleep(for_s)
        finally:
            self.away = self.locked = False
