"""Orders of drills as a worker follows them: at once, and no longer than they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.order import Order, Standing
from mainstay.domain.spend import Amount, Limit, Spent
from mainstay.ports.members import Member
from mainstay.ports.telemetry import Trouble
from mainstay.testing.clock import ManualClock
from mainstay.testing.world import Notes
from mainstay.worker.orders import Obedience

LIMIT = Limit("LIMIT_X", "conversation", "usd", 1.0)


@dataclass
class Words:
    """Orders and answers in memory."""

    found: list[Standing] = field(default_factory=list)
    away: bool = False
    answers: list[tuple[str, str]] = field(default_factory=list)
    deaths: int = 0

    async def hold(self, order: Order, for_s: float) -> None:
        """Take nothing."""

    async def take(self, order: Order, for_s: float) -> bool:
        """Take nothing."""
        return False

    async def lift(self, order: Order) -> None:
        """Drop nothing."""

    async def standing(self) -> Sequence[Standing]:
        """Return what stands."""
        if self.away:
            raise StoreUnavailable("away")
        return self.found

    async def settle(self, owner: str, address: str) -> None:
        """Take nothing."""

    async def all(self) -> Sequence[Member]:
        """Know nobody."""
        return []

    async def answer(self, call: str, owner: str) -> None:
        """Keep an answer."""
        if self.away:
            raise StoreUnavailable("away")
        self.answers.append((call, owner))

    async def answered(self, call: str) -> str | None:
        """Know of none."""
        return None

    def die(self) -> None:
        """Count."""
        self.deaths += 1


@dataclass
class Bench:
    """A worker called ``me``."""

    words: Words = field(default_factory=Words)
    clock: ManualClock = field(default_factory=ManualClock)
    notes: Notes = field(default_factory=Notes)

    def __post_init__(self) -> None:
        words = self.words
        self.me = Obedience("me", words, words, words.die, self.clock, self.notes)

    async def hear(self, *orders: Order, for_s: float = 6) -> Obedience:
        """Let orders stand, and look."""
        self.words.found = [Standing(order, for_s) for order in orders]
        await self.me.look()
        return self.me


@pytest.fixture
def bench() -> Bench:
    """Give a worker."""
    return Bench()


async def test_without_orders_nothing_is_otherwise(bench: Bench) -> None:
    """Limits are the very same ones."""
    me = await bench.hear()
    assert not me.is_out()
    assert not me.is_stalled()
    limits = [LIMIT]
    assert me.judged(limits) is limits


async def test_an_order_holds_until_it_is_lifted(bench: Bench) -> None:
    """The next look knows; each beginning is told of once."""
    me = await bench.hear(Order("claude-outage"), Order("queue-stall"))
    assert me.is_out()
    assert me.is_stalled()
    await bench.hear(Order("queue-stall"))
    assert not me.is_out()
    troubles = [e.error for e in bench.notes.events if isinstance(e, Trouble)]
    assert troubles == [
        "claude-outage is being drilled",
        "queue-stall is being drilled",
    ]


async def test_it_ends_in_time_while_the_store_is_away(bench: Bench) -> None:
    """Nobody can lift it then; its own end does."""
    me = await bench.hear(Order("claude-outage"))
    bench.words.away = True
    bench.clock.advance(5.9)
    await me.look()
    assert me.is_out()
    bench.clock.advance(0.2)
    await me.look()
    assert not me.is_out()


async def test_a_spike_lowers_limits_and_writes_nothing_down(bench: Bench) -> None:
    """What was spent is judged as if it had cost so many times as much."""
    me = await bench.hear(Order("cost-spike", "", 20.0))
    [judged] = me.judged([LIMIT])
    spent = Spent(conversation=Amount(10, 0.04))
    assert not LIMIT.reached(spent, Amount(0, 0.02))
    assert judged.reached(spent, Amount(0, 0.02))
    assert (judged.name, judged.setting) == (LIMIT.name, LIMIT.setting)


async def test_it_dies_when_it_is_meant(bench: Bench) -> None:
    """And not when somebody else is."""
    await bench.hear(Order("worker-loss", "you"))
    assert bench.words.deaths == 0
    await bench.hear(Order("worker-loss", "me"))
    assert bench.words.deaths == 1


async def test_a_roll_call_waits_for_who_receives(bench: Bench) -> None:
    """It is about the queue; no trouble is told of, nor of a drill without a fault."""
    me = await bench.hear(Order("roll-call", "a"), Order("drill", "x"))
    assert me.called() == "a"
    assert bench.words.answers == []
    await me.answer("a")
    assert me.called() is None
    await bench.hear(Order("roll-call", "b"))
    assert me.called() == "b"
    assert bench.notes.events == []


async def test_an_answer_that_cannot_be_told_is_given_again(bench: Bench) -> None:
    """The worker goes on, and the call still waits."""
    me = await bench.hear(Order("roll-call", "a"))
    bench.words.away = True
    await me.answer("a")
    assert bench.words.answers == []
    assert me.called() == "a"


async def test_whatever_an_answer_meets_looking_goes_on(bench: Bench) -> None:
    """A table that may not be written, e.g.: the next order is heard all the same."""

    async def refused(_call: str, _owner: str) -> None:
        raise RuntimeError("permission denied")

    bench.words.answer = refused  # type: ignore[method-assign]
    assert (await bench.hear(Order("queue-stall", "x"))).is_stalled()
    assert not (await bench.hear()).is_stalled()
    assert "permission denied" in str(bench.notes.events)


async def test_the_driller_hears_once_who_follows(bench: Bench) -> None:
    """Of each order; one of a process is followed by dying."""
    orders = [Order("queue-stall", "x"), Order("cost-spike", "y", 2.0)]
    for _ in range(2):
        await bench.hear(*orders, Order("worker-loss", "you"))
    assert bench.words.answers == [("x", "me"), ("y", "me")]


async def test_what_cannot_be_read_is_told_once(bench: Bench) -> None:
    """Looking goes on, and sees what stands when it can be read again."""

    async def broken() -> Sequence[Standing]:
        raise RuntimeError("no such table")

    standing, bench.words.standing = bench.words.standing, broken  # type: ignore[method-assign]
    for _ in range(3):
        await bench.me.look()
    assert len(bench.notes.events) == 1
    bench.words.standing = standing  # type: ignore[method-assign]
    assert (await bench.hear(Order("queue-stall"))).is_stalled()


async def test_it_looks_every_second(bench: Bench) -> None:
    """From its start to its stop, by itself."""
    await bench.me.start()
    bench.words.found = [Standing(Order("queue-stall"), 6)]
    await bench.clock.run_for(1.1)
    assert bench.me.is_stalled()
    await bench.me.stop()
