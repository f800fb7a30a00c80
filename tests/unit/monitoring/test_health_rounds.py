"""Background checks: when they fail, who looks, and what happens when nobody does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.conformance.sqlite_ports import empty, opened

from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.health.check import Check, Flag
from mainstay.monitoring.health.signs import Signs
from mainstay.ports.findings import Finding, Findings, Found, fault_of
from mainstay.ports.health import CheckState
from mainstay.ports.telemetry import CheckChanged
from mainstay.testing.clock import ManualClock
from mainstay.testing.world import Notes

EVERY_S = 10.0


WELL = Finding(ok=True, detail="fine")


@dataclass
class Thing:
    """What is looked at."""

    finding: Finding = WELL
    looks: int = 0
    hangs: bool = False

    async def look(self) -> Finding:
        """Look."""
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        return self.finding

    def fail(self, detail: str = "HTTP 529") -> None:
        """Be down from now on."""
        self.finding = Finding(ok=False, detail=detail)

    def heal(self) -> None:
        """Be well again."""
        self.finding = WELL


@dataclass
class Shelf:
    """Shared findings that can be away."""

    kept: Findings
    away: bool = False

    async def latest(self, name: str) -> Found | None:
        """Return the newest finding."""
        self._check()
        return await self.kept.latest(name)

    async def tell(self, name: str, owner: str, finding: Finding) -> None:
        """Keep a finding."""
        self._check()
        await self.kept.tell(name, owner, finding)

    def _check(self) -> None:
        if self.away:
            raise StoreUnavailable("gone")


@dataclass
class Place:
    """Processes on one store."""

    clock: ManualClock
    shelf: Shelf
    stack: AsyncExitStack
    notes: Notes = field(default_factory=Notes)
    rounds: int = 0

    async def begin(
        self, *checks: Check, owner: str = "one", flags: tuple[Flag, ...] = ()
    ) -> Signs:
        """Start the checks of a process."""
        signs = Signs(
            checks, self.shelf, owner, lambda: 7, self.clock, self.notes, flags=flags
        )
        await signs.start()
        self.stack.push_async_callback(signs.stop)
        self.rounds += len(checks)
        await self.clock.until_sleepers(self.rounds)
        return signs

    async def end(self, signs: Signs) -> None:
        """End the checks of a process that has one."""
        await signs.stop()
        self.rounds -= 1

    async def passing(self, seconds: float) -> None:
        """Let time pass; each look ends before the next second begins."""
        for _ in range(round(seconds)):
            self.clock.advance(1)
            await self.clock.until_sleepers(self.rounds)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Give a store and a clock."""
    clock = ManualClock()
    async with AsyncExitStack() as stack:
        ports = stack.enter_context(opened(empty(tmp_path / "s.db"), clock))
        yield Place(clock, Shelf(ports.findings), stack)


def check(thing: Thing | None, **options: object) -> Check:
    """Return a check of a thing, every 10 s."""
    given: dict[str, object] = {"name": "thing", "every_s": EVERY_S}
    look = None if thing is None else thing.look
    return Check(look=look, **(given | options))  # type: ignore[arg-type]


def state(signs: Signs) -> CheckState:
    """Return how the one check stands."""
    (one,) = signs.checks()
    return one


async def test_the_first_look_comes_at_once(place: Place) -> None:
    """Then one each period, never two at a time."""
    thing = Thing()
    signs = await place.begin(check(thing))
    assert thing.looks == 1
    assert state(signs).last_run_ms == place.clock.now_ms()
    await place.passing(29)
    assert thing.looks == 3
    assert state(signs).detail == "fine"


async def test_one_failure_is_not_failing(place: Place) -> None:
    """Two in a row are, and one success ends it; both are told."""
    thing = Thing()
    signs = await place.begin(check(thing))
    thing.fail()
    await place.passing(EVERY_S)
    assert (state(signs).ok, state(signs).failures) == (True, 1)
    assert place.notes.events == []
    await place.passing(EVERY_S)
    assert (state(signs).ok, state(signs).failures) == (False, 2)
    thing.heal()
    await place.passing(EVERY_S)
    assert (state(signs).ok, state(signs).failures) == (True, 0)
    assert place.notes.events == [
        CheckChanged("thing", "failing", "HTTP 529"),
        CheckChanged("thing", "ok", "fine"),
    ]


async def test_failures_that_alternate_are_not_in_a_row(place: Place) -> None:
    """Each success begins the count anew."""
    thing = Thing()
    signs = await place.begin(check(thing))
    for _ in range(3):
        thing.fail()
        await place.passing(EVERY_S)
        thing.heal()
        await place.passing(EVERY_S)
    assert state(signs).ok
    assert place.notes.events == []


async def test_a_look_that_hangs_is_a_failure(place: Place) -> None:
    """It ends by its own time-out, and the next comes a period later."""
    thing = Thing(hangs=True)
    signs = await place.begin(check(thing, timeout_s=0.001))
    assert state(signs).failures == 1
    assert state(signs).detail == "no answer in 0.001 s"
    await place.passing(EVERY_S)
    assert thing.looks == 2


async def test_what_a_look_raises_is_a_failure_without_its_words(place: Place) -> None:
    """They may hold what is not for everybody; the rounds go on."""

    async def look() -> Finding:
        raise ValueError("a secret")

    signs = await place.begin(Check(name="thing", look=look, every_s=EVERY_S))
    assert (state(signs).failures, state(signs).detail) == (1, "ValueError")
    await place.passing(EVERY_S)
    assert not state(signs).ok


@pytest.mark.parametrize("shared", [False, True])
async def test_where_it_failed_is_for_the_log_alone(place: Place, shared: bool) -> None:
    """Anybody may ask for the detail: it has the kind, and no host, user or path."""
    away = StoreUnavailable("user shop at ('10.1.2.3', 5432): refused")
    away.__cause__ = ConnectionRefusedError("user shop at ('10.1.2.3', 5432)")
    thing = Thing(fault_of(away))
    signs = await place.begin(check(thing, shared=shared))
    await place.passing(EVERY_S)
    assert state(signs).detail == "cannot be used now: ConnectionRefusedError"
    assert place.notes.events == [CheckChanged("thing", "failing", str(away))]


async def test_what_is_not_looked_at_is_not_well(place: Place) -> None:
    """After three periods, whatever was found before."""
    thing = Thing()
    signs = await place.begin(check(thing))
    await place.end(signs)
    await place.passing(30)
    assert (state(signs).ok, state(signs).stale) == (True, False)
    await place.passing(1)
    assert (state(signs).ok, state(signs).stale) == (False, True)
    assert state(signs).detail == "not looked at for 31 s"


async def test_a_process_that_begins_knows_of_nothing_wrong(place: Place) -> None:
    """For three periods; then nobody looked."""
    signs = await place.begin(check(None, shared=True))
    await place.passing(30)
    assert (state(signs).ok, state(signs).detail) == (True, "not looked at yet")
    assert state(signs).last_run_ms is None
    await place.passing(1)
    assert not state(signs).ok


async def test_one_looks_for_all(place: Place) -> None:
    """Ten processes make one look a period, and all know what it found."""
    thing = Thing()
    first = await place.begin(check(thing, shared=True))
    others = []
    for n in range(9):
        await place.passing(1)
        others.append(await place.begin(check(thing, shared=True), owner=f"p{n}"))
    assert thing.looks == 1
    thing.fail()
    await place.passing(60)
    assert thing.looks == 7
    for signs in (first, *others):
        assert not state(signs).ok
        assert state(signs).failures >= 5
        assert state(signs).detail == "HTTP 529"


async def test_another_takes_over_from_one_that_is_gone(place: Place) -> None:
    """Before what it found is too old."""
    thing = Thing()
    first = await place.begin(check(thing, shared=True))
    await place.passing(5)
    second = await place.begin(check(thing, shared=True), owner="two")
    await place.end(first)
    for _ in range(60):
        await place.passing(1)
        assert not state(second).stale
    assert 4 <= thing.looks <= 7


async def test_who_cannot_look_reads(place: Place) -> None:
    """A gateway knows what a worker found; that ages while the worker is gone."""
    thing = Thing()
    worker = await place.begin(check(thing, shared=True))
    gateway = await place.begin(check(None, shared=True), owner="two")
    assert state(gateway).detail == "fine"
    thing.fail()
    await place.passing(30)
    assert not state(gateway).ok
    thing.heal()
    await place.passing(20)
    assert state(gateway).ok
    await place.end(worker)
    await place.passing(41)
    assert state(gateway).stale
    told = place.notes.events[-1]
    assert isinstance(told, CheckChanged)
    assert (told.state, told.detail[:18]) == ("failing", "not looked at for ")


async def test_without_the_store_each_looks_for_itself(place: Place) -> None:
    """Once a period; when it is back one looks for all again."""
    one, two = Thing(), Thing()
    signs = [
        await place.begin(check(one, shared=True)),
        await place.begin(check(two, shared=True), owner="two"),
    ]
    assert (one.looks, two.looks) == (1, 0)
    place.shelf.away = True
    one.fail()
    two.fail()
    await place.passing(20)
    assert (one.looks, two.looks) == (3, 2)
    assert [state(one).ok for one in signs] == [False, False]
    place.shelf.away = False
    one.heal()
    two.heal()
    await place.passing(20)
    assert [state(one).ok for one in signs] == [True, True]
    before = one.looks + two.looks
    await place.passing(20)
    assert one.looks + two.looks == before + 2


async def test_a_flag_is_read_at_once(place: Place) -> None:
    """What the process knows needs no look."""
    flag = Finding(ok=True)
    signs = await place.begin(flags=(Flag(name="cache", read=lambda: flag),))
    assert state(signs).ok
    flag = Finding(ok=False, detail="away")
    assert state(signs) == CheckState(
        "cache", False, "away", False, 1, place.clock.now_ms()
    )


async def test_figures_are_shown_while_they_are_fresh(place: Place) -> None:
    """Old ones would be taken for the present."""
    figures = {"turns": 20, "error_percent": 10.0, "p99_ms": 1510.0}
    thing = Thing(Finding(ok=True, figures=figures))
    signs = await place.begin(check(thing, name="turns", shared=True))
    recent = signs.recent()
    assert recent is not None
    assert (recent.turns, recent.error_percent, recent.p99_ms) == (20, 10.0, 1510.0)
    assert (signs.depth(), signs.judgements()) == (7, [])
    await place.end(signs)
    await place.passing(31)
    assert signs.recent() is None


@pytest.mark.parametrize(
    "wrong", [{"look": None}, {"timeout_s": 10.0}, {"timeout_s": 0.0}]
)
def test_a_check_that_cannot_be_made_is_refused(wrong: dict[str, object]) -> None:
    """Nobody who looks, or looks that would overlap."""
    given: dict[str, object] = {"look": Thing().look, "every_s": EVERY_S}
    with pytest.raises(ValueError, match="thing"):
        Check(name="thing", **(given | wrong))  # type: ignore[arg-type]
