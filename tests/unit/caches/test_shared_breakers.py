"""What opens in one process is left alone by the others, once, and not for longer."""

import asyncio

import pytest
from tests.unit.caches.fickle_cache import Bypasses, FickleCache

from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.resilience.breaker import Breaker
from mainstay.testing.chance import SeededRandom
from mainstay.testing.clock import ManualClock

MODEL, TOOL = "sonnet", "refund"


class Process:
    """One process with a model's breaker and a tool's."""

    def __init__(self, cache: FickleCache, clock: ManualClock) -> None:
        self.bypasses = Bypasses()
        self.shared = SharedBreakers(cache, self.bypasses)
        self.states: list[str] = []
        self.model = self._breaker(clock)
        self.tool = self._breaker(clock)
        self.shared.watch({MODEL: self.model}, {TOOL: self.tool})

    def _breaker(self, clock: ManualClock) -> Breaker:
        def changed(state: str) -> None:
            self.states.append(state)
            if state == "open":
                self.shared.nudge()

        return Breaker(clock, SeededRandom(), on_change=changed)

    async def look(self) -> None:
        """Do what is done every second."""
        await self.shared.look()


class Cluster:
    """Two processes with one cache, whose clock may stand still."""

    def __init__(self) -> None:
        self.clock, self.cache_clock = ManualClock(), ManualClock()
        self.cache = FickleCache(self.cache_clock)
        self.one = Process(self.cache, self.clock)
        self.two = Process(self.cache, self.clock)

    def advance(self, seconds: float) -> None:
        """Move all time on."""
        self.clock.advance(seconds)
        self.cache_clock.advance(seconds)

    async def look(self) -> None:
        """Let both look, twice, as they would within two seconds."""
        for process in (self.one, self.two) * 2:
            await process.look()


@pytest.fixture
def cluster() -> Cluster:
    """Give two processes."""
    return Cluster()


def fail(breaker: Breaker, times: int = 5) -> None:
    """Let calls fail."""
    for _ in range(times):
        permit = breaker.admit()
        assert permit is not None
        permit.failure()


def recover(breaker: Breaker) -> None:
    """Let trials work."""
    for _ in range(3):
        permit = breaker.admit()
        assert permit is not None
        permit.success()


def left_s(breaker: Breaker) -> float:
    """Return the seconds that an open breaker stays open."""
    assert breaker.retry_in_s is not None
    return breaker.retry_in_s


async def test_an_opening_is_followed_for_the_rest_of_its_time(cluster: Cluster):
    """By the same breaker of the others; a model's is not a tool's."""
    fail(cluster.one.model)
    await cluster.one.look()
    cluster.advance(20)
    await cluster.two.look()
    assert cluster.two.model.admit() is None
    assert left_s(cluster.two.model) == pytest.approx(left_s(cluster.one.model))
    assert cluster.two.tool.state == "closed"
    fail(cluster.two.tool)
    await cluster.look()
    assert cluster.one.tool.state == "open"


async def test_who_follows_does_not_tell_it_again(cluster: Cluster):
    """One announcement: nobody's open time grows by being talked about."""
    fail(cluster.one.model)
    await cluster.look()
    (told,) = await cluster.cache.openings([f"model:{MODEL}"]) or ()
    cluster.advance(30)
    await cluster.look()
    (again,) = await cluster.cache.openings([f"model:{MODEL}"]) or ()
    assert again.epoch == told.epoch
    assert cluster.one.states == cluster.two.states == ["open"]


async def test_an_opening_does_not_undo_a_newer_recovery(cluster: Cluster):
    """A cache that tells of it still, or again, opens nobody a second time."""
    fail(cluster.one.model)
    await cluster.look()
    cluster.clock.advance(80)  # the cache's own time stands still
    for process in (cluster.one, cluster.two):
        recover(process.model)
    assert await cluster.cache.openings([f"model:{MODEL}"])
    await cluster.look()
    assert (cluster.one.model.state, cluster.two.model.state) == ("closed", "closed")


async def test_an_older_epoch_does_not_count_again(cluster: Cluster):
    """A replica that took over may tell of an opening before the last one."""
    name = f"model:{MODEL}"
    first = await cluster.cache.announce(name, 5)
    await cluster.two.look()
    await cluster.cache.announce(name, 5)
    await cluster.two.look()
    cluster.clock.advance(10)
    recover(cluster.two.model)
    held = cluster.cache._openings  # noqa: SLF001 - turns the cache back
    held[name] = type(held[name])(first or 0, held[name].end_s)
    await cluster.two.look()
    assert cluster.two.model.state == "closed"


async def test_a_failed_trial_opens_all_again(cluster: Cluster):
    """It is news, with an epoch of its own; who follows comes back by a ramp."""
    fail(cluster.one.model)
    await cluster.look()
    cluster.advance(80)
    recover(cluster.two.model)
    fail(cluster.one.model, 1)
    await cluster.look()
    assert cluster.two.model.state == "open"
    assert left_s(cluster.two.model) == pytest.approx(left_s(cluster.one.model))
    cluster.advance(200)
    recover(cluster.two.model)
    assert cluster.two.model.admit() is not None
    assert cluster.two.model.admit() is None


async def test_a_rate_limit_keeps_all_away(cluster: Cluster):
    """For the time that was told; nothing failed, so no ramp follows."""
    cluster.one.model.trip(12)
    await cluster.look()
    assert left_s(cluster.two.model) == pytest.approx(12)
    assert await cluster.cache.openings([f"model:{MODEL}"]) == []
    cluster.advance(12)
    await cluster.look()
    recover(cluster.two.model)
    assert all(cluster.two.model.admit() for _ in range(20))


async def test_who_calls_no_model_may_ask(cluster: Cluster):
    """Of openings and rate limits alike; not of tools, and not for longer."""
    fail(cluster.one.tool)
    await cluster.one.look()
    assert await cluster.two.shared.paused() == set()
    fail(cluster.one.model)
    await cluster.one.look()
    assert await cluster.two.shared.paused() == {MODEL}
    cluster.advance(80)
    assert await cluster.two.shared.paused() == set()
    recover(cluster.one.model)
    cluster.one.model.trip(12)
    await cluster.one.look()
    assert await cluster.two.shared.paused() == {MODEL}
    cluster.cache.away = True
    assert await cluster.two.shared.paused() == set()


async def test_a_later_rate_limit_prolongs_the_time(cluster: Cluster):
    """Whoever heard of it."""
    cluster.one.model.trip(5)
    await cluster.look()
    cluster.two.model.trip(60)
    await cluster.look()
    assert left_s(cluster.one.model) == pytest.approx(60)


async def test_the_last_moment_of_a_block_disturbs_no_trial(cluster: Cluster):
    """The cache's clock is a little behind: trials that run go on."""
    cluster.one.model.trip(5)
    await cluster.one.look()
    cluster.clock.advance(5.05)
    cluster.cache_clock.advance(4.98)
    assert cluster.one.model.admit() is not None
    await cluster.one.look()
    assert cluster.one.model.state == "half_open"


async def test_without_the_cache_each_goes_by_itself(cluster: Cluster):
    """Each thing that is not told is counted once."""
    cluster.cache.away = True
    fail(cluster.one.model)
    cluster.two.model.trip(30)
    await cluster.look()
    await cluster.look()
    assert cluster.one.bypasses.uses == ["breaker"]
    assert cluster.two.bypasses.uses == ["block"]
    assert cluster.one.tool.state == "closed"


async def test_what_lasts_is_told_when_the_cache_is_back(cluster: Cluster):
    """And what is over is not."""
    cluster.cache.away = True
    fail(cluster.one.model)
    cluster.one.tool.trip(5)
    fail(cluster.two.tool)
    await cluster.look()
    cluster.advance(30)
    cluster.cache.away = False
    await cluster.look()
    assert cluster.two.model.state == "open"
    assert left_s(cluster.one.tool) == pytest.approx(left_s(cluster.two.tool))
    cluster.cache.away = True
    cluster.advance(100)
    assert cluster.one.tool.admit() is not None
    fail(cluster.one.tool, 1)
    cluster.advance(500)
    recover(cluster.one.tool)
    cluster.cache.away = False
    await cluster.look()
    assert cluster.two.tool.state == "open"  # as it was: nobody called there
    assert left_s(cluster.two.tool) == 0


async def test_an_opening_is_told_at_once(cluster: Cluster):
    """Nobody waits for the next look."""
    await cluster.one.shared.start()
    fail(cluster.one.model)
    async with asyncio.timeout(0.5):
        await cluster.cache.announced.wait()
    await cluster.one.shared.stop()
    await cluster.one.shared.stop()
