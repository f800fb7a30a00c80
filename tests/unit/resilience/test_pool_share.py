"""A process's share: nothing that was leased is used twice or lost."""

import pytest

from mainstay.domain.pool import NOTHING, Amounts, PoolState
from mainstay.ports.pools import PoolLease
from mainstay.resilience.pool_bucket import PoolBucket
from mainstay.resilience.pool_share import PoolShare
from mainstay.testing.clock import ManualClock

LIMIT = Amounts(600, 60_000, 6_000)
CALL = Amounts(1, 100, 10)


class Pool:
    """A share and the bucket that it leases from."""

    def __init__(self, left: Amounts = LIMIT) -> None:
        self.clock = ManualClock()
        self.bucket = PoolBucket()
        self.share = PoolShare("sonnet", self.clock)
        self.share.see(PoolState(LIMIT, left))
        self.renew()

    def renew(self, need: Amounts = NOTHING) -> PoolLease:
        """Report and take what is leased."""
        report = self.share.report(need)
        lease = self.bucket.lease(report, self.clock.monotonic_s())
        self.share.told(report, lease)
        return lease

    def left(self) -> Amounts:
        """Return what the bucket has left."""
        found = self.bucket.lease(PoolShare("x", self.clock).report(), self.now_s)
        return found.left

    @property
    def now_s(self) -> float:
        """The time."""
        return self.clock.monotonic_s()


def test_without_a_limit_nothing_is_counted() -> None:
    """Whatever is needed is there."""
    share = PoolShare("sonnet", ManualClock())
    assert not share.is_known
    assert all(share.take(Amounts(1, 10**9, 10**9)) for _ in range(10))
    assert share.level == "ample"


def test_a_slice_is_used_up_and_no_further() -> None:
    """Then there is nothing until the next lease."""
    pool = Pool()
    assert not pool.share.take(CALL)
    pool.renew(CALL)
    assert pool.share.take(CALL)
    assert not pool.share.take(CALL)


def test_what_is_leased_is_used_or_given_back() -> None:
    """After idle seconds the bucket has all that was not used, and no more."""
    pool = Pool(Amounts(300, 30_000, 3_000))
    for _ in range(40):
        pool.renew(CALL)
        assert pool.share.take(CALL)
        pool.share.settle(CALL, CALL)
    for _ in range(16):
        pool.clock.advance(1)
        pool.renew()
    # 16 s refill 160 requests; 40 were used.
    assert pool.left() == Amounts(420, 42_000, 4_200)


def test_a_slice_is_a_second_of_its_use() -> None:
    """A process that makes 20 calls a second asks about once a second."""
    pool, trips = Pool(), 0
    for _ in range(10):
        for _ in range(20):
            while not pool.share.take(CALL):
                pool.renew(CALL)
                trips += 1
            pool.clock.advance(0.05)
        pool.renew()
    assert trips <= 25


def test_what_was_used_beyond_is_charged() -> None:
    """A call that turned out larger is a debt; one that was smaller leaves a rest."""
    pool = Pool()
    pool.renew(CALL)
    assert pool.share.take(CALL)
    pool.share.settle(CALL, Amounts(1, 5_000, 10))
    pool.renew()
    assert pool.left() == Amounts(599, 55_000, 5_990)
    pool.renew(CALL)
    assert pool.share.take(CALL)
    pool.share.settle(CALL, NOTHING)
    for _ in range(9):
        pool.clock.advance(1)
        pool.renew()
    assert pool.left() == LIMIT


def test_a_report_that_got_lost_changes_nothing() -> None:
    """What it gave back is still here, and what it owed is still owed."""
    pool = Pool()
    pool.renew(Amounts(5, 500, 50))
    assert all(pool.share.take(CALL) for _ in range(2))
    pool.share.settle(CALL, Amounts(1, 1_000, 10))
    lost = pool.share.report()
    assert lost.charge == Amounts(-3, 600, -30)
    pool.share.missed(lost)
    assert pool.share.report().charge == lost.charge


def test_calls_go_on_while_a_report_is_on_its_way() -> None:
    """They use what is left here: a report gives back no more than the surplus."""
    pool = Pool()
    pool.share.want(Amounts(3, 300, 30), 1)
    pool.renew(Amounts(3, 300, 30))
    report = pool.share.report()
    assert all(pool.share.take(CALL) for _ in range(3))
    assert not pool.share.take(CALL)
    pool.share.told(report, pool.bucket.lease(report, pool.now_s))
    assert not pool.share.take(CALL)


@pytest.mark.parametrize(
    ("left", "level"),
    [(0.5, "ample"), (0.2, "ample"), (0.19, "low"), (0.06, "low"), (0.05, "short")],
)
def test_a_level_is_that_of_the_scarcest_figure(left: float, level: str) -> None:
    """Requests and tokens are limited apart; any of them may run out."""
    pool = Pool(Amounts(600, int(60_000 * left), 6_000))
    assert pool.share.level == level


def test_a_level_rises_with_the_refill() -> None:
    """Nobody has to ask for that."""
    pool = Pool(Amounts(600, 6_000, 6_000))
    assert pool.share.level == "low"
    pool.clock.advance(7)
    assert pool.share.level == "ample"


def test_a_dry_pool_is_not_asked_again_at_once() -> None:
    """Four times a second at most, and told when its turn comes."""
    pool = Pool(Amounts(30, 60_000, 6_000))
    lease = pool.renew(CALL)
    assert lease.wait_s == pytest.approx(0.1)
    assert pool.share.is_dry
    pool.clock.advance(0.11)
    assert not pool.share.is_dry
    assert pool.renew(CALL).granted == CALL


def test_who_waits_stands_in_a_line() -> None:
    """Each is told its own time; who cannot wait for it takes no place."""
    pool = Pool(Amounts(30, 60_000, 6_000))
    pool.renew(CALL)
    told = [pool.share.wait(CALL, 10, 1) for _ in range(3)]
    assert told == pytest.approx([0.1, 0.2, 0.3])
    assert pool.share.wait(CALL, 0.3, 1) is None
    assert pool.share.line_s == pytest.approx(0.4)
    assert pool.share.wait(CALL, 10, 4) == pytest.approx(0.4)
    assert pool.share.line_s == pytest.approx(0.8)


def test_the_line_is_over_when_the_pool_is_ample() -> None:
    """Estimates may have been too large."""
    pool = Pool(Amounts(30, 60_000, 6_000))
    pool.renew(CALL)
    for _ in range(300):
        pool.share.wait(CALL, 100, 1)
    pool.clock.advance(15)
    assert pool.share.line_s > 10
    pool.renew()
    assert pool.share.line_s == 0


def test_a_block_ends_by_itself_and_is_never_shortened() -> None:
    """The later end counts."""
    pool = Pool()
    pool.share.block(5)
    pool.share.block(2)
    assert (pool.share.level, pool.share.blocked_s) == ("blocked", 5)
    pool.clock.advance(5)
    assert (pool.share.level, pool.share.blocked_s) == ("ample", 0)


def test_after_a_ramp_limit_it_comes_back_slowly() -> None:
    """In the first half minute an eighth of what a whole one brings."""
    pool = Pool()
    pool.share.block(3, ramps=True)
    pool.renew()
    assert pool.left().requests == pytest.approx(30, abs=1)
    pool.clock.advance(3 + 30)
    assert pool.left().requests == pytest.approx(30 + 75, abs=1)
    pool.clock.advance(30)
    assert pool.left().requests == pytest.approx(30 + 300, abs=1)
    pool.clock.advance(6)
    assert pool.left().requests == pytest.approx(30 + 360, abs=1)


def test_no_call_needs_more_than_a_pool_can_give() -> None:
    """A prompt larger than half of the limit is let through by that half."""
    pool = Pool()
    assert pool.share.fits(Amounts(1, 200_000, 10)) == Amounts(1, 30_000, 10)
    unknown = PoolShare("x", pool.clock)
    assert unknown.fits(Amounts(1, 200_000, 10)) == Amounts(1, 200_000, 10)
