"""A place of secrets is looked at again; what it cannot give stays as it was."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from mainstay.assembly import watched as module
from mainstay.assembly.rotation import MOVED, objection
from mainstay.assembly.watched import Pace, Watched
from mainstay.ports.telemetry import SecretRotated, TelemetryEvent, Trouble
from mainstay.settings import Unreadable
from mainstay.testing.clock import ManualClock

PACE = Pace(every_s=60, gap_s=3)


class Place:
    """A place that gives what a test says, and counts the looks."""

    def __init__(self, **values: str) -> None:
        self.values: Mapping[str, str] = values
        self.fault = ""
        self.odd: Exception | None = None
        self.looks = 0
        self.hangs: threading.Event | None = None

    def read(self) -> Mapping[str, str]:
        """Look."""
        self.looks += 1
        if self.hangs is not None:
            self.hangs.wait(10)
        if self.odd is not None:
            raise self.odd
        if self.fault:
            raise Unreadable(self.fault)
        return self.values


class Heard:
    """Takes telemetry; a test waits for the next event."""

    def __init__(self) -> None:
        self.events: list[TelemetryEvent] = []

    def emit(self, event: TelemetryEvent) -> None:
        """Take one."""
        self.events.append(event)


class Watching:
    """A watched place, and what is around it."""

    def __init__(self, pace: Pace = PACE, **values: str) -> None:
        self.place, self.heard, self.clock = Place(**values), Heard(), ManualClock()
        self.watched = Watched(
            values,
            self.place.read,
            objection,
            pace=pace,
            clock=self.clock,
            telemetry=self.heard,
        )

    async def look(self) -> None:
        """Let the next look be made, and wait until it is over."""
        await self.clock.until_sleepers()
        self.clock.advance(60)
        await self.clock.until_sleepers()


@pytest.fixture
async def watching() -> AsyncIterator[Callable[..., Any]]:
    """Makes a watched place, which is started."""
    made: list[Watched] = []

    async def make(pace: Pace = PACE, **values: str) -> Watching:
        one = Watching(pace, **values)
        made.append(one.watched)
        await one.watched.start()
        return one

    yield make
    for watched in made:
        await watched.stop()


async def test_a_changed_value_is_taken_and_told(watching) -> None:
    """The next look brings it; the event has the name, and never the value."""
    here = await watching(KEY="old")
    await here.look()
    assert here.heard.events == []
    here.place.values = {"KEY": "new"}
    assert here.watched.current("KEY") == "old"
    await here.look()
    assert here.watched.current("KEY") == "new"
    assert here.heard.events == [SecretRotated("KEY")]


async def test_a_place_that_cannot_be_read_changes_nothing(watching) -> None:
    """The value stays, the trouble is told once, and again after it was over."""
    here = await watching(KEY="old")
    trouble = Trouble("secrets", "KEY_FILE: /f: is empty")
    for told in (1, 1):
        here.place.fault = trouble.error
        await here.look()
        assert here.watched.current("KEY") == "old"
        assert here.heard.events == [trouble] * told
    here.place.fault = ""
    await here.look()
    here.place.fault = trouble.error
    await here.look()
    assert here.heard.events == [trouble] * 2


async def test_a_fault_that_nobody_expected_ends_nothing(watching) -> None:
    """It is named without its words, which may be the secret; looking goes on."""
    here = await watching(KEY="old")
    here.place.odd = RuntimeError("Zx9")
    await here.look()
    here.clock.advance(3)
    assert not await here.watched.renewed("KEY", "old")
    told = Trouble("secrets", "a secret cannot be read: RuntimeError")
    assert here.heard.events == [told]
    here.place.odd, here.place.values = None, {"KEY": "new"}
    await here.look()
    assert here.watched.current("KEY") == "new"


async def test_a_name_that_is_gone_keeps_its_value(watching) -> None:
    """A managed secret may lose a key by mistake: it is told, and lived with."""
    here = await watching(KEY="old", OTHER="old")
    here.place.values = {"OTHER": "new"}
    await here.look()
    assert here.watched.current("KEY") == "old"
    assert here.watched.current("OTHER") == "new"
    gone = Trouble("secrets", "KEY is gone from its secret; put it back")
    assert here.heard.events == [SecretRotated("OTHER"), gone]


async def test_a_database_elsewhere_needs_a_restart(watching) -> None:
    """User and password are taken, another host is not, and the way out is said."""
    here = await watching(DATABASE_URL="postgresql://u:old@h/d")
    here.place.values = {"DATABASE_URL": "postgresql://u:new@elsewhere/d"}
    await here.look()
    assert here.watched.current("DATABASE_URL") == "postgresql://u:old@h/d"
    assert here.heard.events == [Trouble("secrets", MOVED)]
    here.place.values = {"DATABASE_URL": "postgresql://v:new@h/d"}
    await here.look()
    assert here.watched.current("DATABASE_URL") == "postgresql://v:new@h/d"


async def test_a_refusal_looks_at_once(watching) -> None:
    """Nobody waits for the pace where the other side refused a value."""
    here = await watching(KEY="old")
    here.place.values = {"KEY": "new"}
    assert await here.watched.renewed("KEY", "old")
    assert here.watched.current("KEY") == "new"
    assert await here.watched.renewed("KEY", "old")
    assert here.place.looks == 1


async def test_many_refusals_share_one_look(watching) -> None:
    """A fleet of calls that is refused together asks once."""
    here = await watching(KEY="old")
    here.place.hangs = threading.Event()
    asking = [
        asyncio.create_task(here.watched.renewed("KEY", "old")) for _ in range(100)
    ]
    here.place.values = {"KEY": "new"}
    await asyncio.sleep(0)
    here.place.hangs.set()
    assert await asyncio.gather(*asking) == [True] * 100
    assert here.place.looks == 1


async def test_a_place_that_hangs_does_not_keep_who_was_refused(
    watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They go on without another value; what the look finds counts all the same."""
    monkeypatch.setattr(module, "LONGEST_S", 0.05)
    here = await watching(KEY="old")
    here.place.hangs = threading.Event()
    here.place.values = {"KEY": "new"}
    assert not await here.watched.renewed("KEY", "old")
    here.place.hangs.set()
    await here.look()
    assert here.watched.current("KEY") == "new"


async def test_a_value_that_stays_refused_is_looked_up_every_few_seconds(
    watching,
) -> None:
    """A dead key does not hammer the place; who asks too soon waits for the next."""
    here = await watching(KEY="dead")
    assert not await here.watched.renewed("KEY", "dead")
    assert here.place.looks == 1
    here.clock.advance(1)
    asking = asyncio.create_task(here.watched.renewed("KEY", "dead"))
    await here.clock.until_sleepers(2)
    assert here.place.looks == 1
    here.place.values = {"KEY": "new"}
    here.clock.advance(2)
    assert await asking
    assert here.place.looks == 2


@pytest.mark.parametrize(
    ("new", "same"),
    [
        ("postgresql://u:new@h:5432/d?sslmode=require", True),
        ("postgresql://v@h:5432/d?sslmode=require", True),
        ("postgresql://h:5432/d?sslmode=require&user=v&password=p", True),
        ("postgresql://u:old@h:5433/d?sslmode=require", False),
        ("postgresql://u:old@h:5432/e?sslmode=require", False),
        ("postgresql://u:old@h:5432/d?sslmode=disable", False),
        ("postgresql://u:old@h:5432,i:5432/d?sslmode=require", False),
        ("sqlite:///h", False),
        ("http://[", False),
    ],
)
def test_only_user_and_password_may_change(new: str, same: bool) -> None:
    """Host, port, database and parameters are what the process started with."""
    old = "postgresql://u:old@h:5432/d?sslmode=require"
    assert objection("DATABASE_URL", old, new) == ("" if same else MOVED)
    assert objection("ANTHROPIC_API_KEY", old, new) == ""
