"""The orders of drills, as a worker follows them."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.order import Order, OrderKind, Standing
from mainstay.domain.spend import Limit
from mainstay.ports.clock import Clock
from mainstay.ports.members import Members
from mainstay.ports.orders import Orders
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.every import Every

LOOK_S = 1.0
"""How often a worker looks; nothing that a turn does waits for it."""

FOLLOWED: frozenset[OrderKind] = frozenset(
    {"claude-outage", "queue-stall", "cost-spike"}
)
"""Orders whose driller wants to know whether anybody follows them."""

UNFELT: frozenset[OrderKind] = frozenset({"drill", "roll-call"})
"""Orders of which nothing goes wrong."""

MOST_ANSWERED = 8
"""Calls that are remembered: more than there are kinds of orders."""


class Obedience:
    """Knows which orders hold; one ends in time though the store is away meanwhile.

    Args:
        owner: this process.
        orders: looked at once a second.
        members: are told which calls were heard.
        die: ends this process at once, as a crash would.
        clock: for the pauses, and the ends.
        telemetry: is told of each order that begins to hold.
    """

    def __init__(
        self,
        owner: str,
        orders: Orders,
        members: Members,
        die: Callable[[], None],
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._owner = owner
        self._orders = orders
        self._members = members
        self._die = die
        self._clock = clock
        self._telemetry = telemetry
        self._until_s: dict[OrderKind, float] = {}
        self._held: dict[OrderKind, Order] = {}
        self._answered: deque[str] = deque(maxlen=MOST_ANSWERED)
        self._is_blind = False
        self._looking = Every(LOOK_S, self.look, clock)

    async def start(self) -> None:
        """Start to look."""
        await self._looking.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        await self._looking.stop()

    def is_out(self) -> bool:
        """Tell whether no model can be had."""
        return self._holds("claude-outage") is not None

    def is_stalled(self) -> bool:
        """Tell whether no wake is handed out."""
        return self._holds("queue-stall") is not None

    def judged(self, limits: Sequence[Limit]) -> Sequence[Limit]:
        """Return spend limits as a turn is judged by: lower, while costs are spiking.

        What is written down as spent stays what was spent.
        """
        order = self._holds("cost-spike")
        if order is None:
            return limits
        return [replace(one, most=one.most / order.factor) for one in limits]

    def called(self) -> str | None:
        """Return the roll call that waits for an answer; None without one."""
        order = self._holds("roll-call")
        if order is None or order.target in self._answered:
            return None
        return order.target

    async def answer(self, call: str) -> None:
        """Say that this worker heard a call; one that cannot be told is made again."""
        try:
            await self._members.answer(call, self._owner)
        except Exception as error:  # noqa: BLE001 - neither looking nor work may end of it
            self._tell_fault(error)
            return
        self._answered.append(call)

    async def look(self) -> None:
        """Look which orders hold, and do what they say at once."""
        try:
            found = await self._orders.standing()
        except Exception as error:  # noqa: BLE001 - looking must outlive any fault
            self._tell_fault(error)
            return
        self._is_blind = False
        now_s = self._clock.monotonic_s()
        begun = {one.order.kind for one in found} - self._held.keys() - UNFELT
        self._held = {one.order.kind: one.order for one in found}
        self._until_s = {one.order.kind: now_s + one.for_s for one in found}
        for kind in sorted(begun):
            self._telemetry.emit(Trouble("drill", f"{kind} is being drilled"))
        for one in found:
            await self._do(one)

    async def _do(self, one: Standing) -> None:
        order = one.order
        if order.kind == "worker-loss" and order.target == self._owner:
            self._die()
        # A roll call is answered by whoever receives from the queue, not here.
        if order.kind in FOLLOWED and order.target not in self._answered:
            await self.answer(order.target)

    def _tell_fault(self, error: Exception) -> None:
        """Tell once what fails in the store; one that is away tells itself."""
        if not self._is_blind and not isinstance(error, StoreUnavailable):
            self._telemetry.emit(Trouble("drill", repr(error)))
        self._is_blind = True

    def _holds(self, kind: OrderKind) -> Order | None:
        if not self._held:
            return None
        order = self._held.get(kind)
        if order is None or self._clock.monotonic_s() >= self._until_s[kind]:
            return None
        return order
