import asyncio
import math
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.resilience.token_bucket import TokenBuckets
from mainstay.testing.clock import ManualClock

RATES = st.one_of(st.just(1), st.integers(1, 5_000))
BURSTS = st.integers(1, 8)
GAPS_NS = st.one_of(
    st.just(0), st.integers(0, 10**6), st.integers(0, 10**9), st.integers(0, 10**11)
)


def test_burst_then_rate() -> None:
    """A full bucket gives its burst at once, then one request each 60/rate seconds."""
    clock = ManualClock()
    buckets = TokenBuckets(60, 10, clock)
    assert [buckets.take("a").allowed for _ in range(12)] == [True] * 10 + [False] * 2
    clock.advance(0.999)
    assert not buckets.take("a").allowed
    clock.advance(0.001)
    assert [buckets.take("a").allowed for _ in range(2)] == [True, False]


def test_what_a_decision_says() -> None:
    """It tells what is left, when the bucket is full, and when one more may pass."""
    buckets = TokenBuckets(30, 3, ManualClock())
    told = [buckets.take("a") for _ in range(4)]
    assert [d.remaining for d in told] == [2, 1, 0, 0]
    assert [d.reset_s for d in told] == [2, 4, 6, 6]
    assert [d.retry_after_s for d in told] == [0, 0, 0, 2]
    assert {d.limit for d in told} == {30}


@pytest.mark.parametrize(
    ("rate", "after_s", "header_s"),
    [(60, 0, 1), (60, 0.5, 1), (1, 0, 60), (1, 0.5, 60), (1, 59.5, 1), (7, 0, 9)],
)
def test_retry_after_right_to_the_second(
    rate: int, after_s: float, header_s: int
) -> None:
    """Rounded up it is the least whole number of seconds that is enough."""
    clock = ManualClock()
    buckets = TokenBuckets(rate, 1, clock)
    buckets.take("a")
    clock.advance(after_s)
    assert math.ceil(buckets.take("a").retry_after_s) == header_s
    clock.advance(header_s - 1)
    assert header_s == 1 or not buckets.take("a").allowed
    clock.advance(1)
    assert buckets.take("a").allowed


def test_each_key_has_its_own_bucket() -> None:
    """An empty bucket is empty for its own customer only."""
    buckets = TokenBuckets(60, 1, ManualClock())
    assert [buckets.take(key).allowed for key in "aab"] == [True, False, True]


def test_a_refused_request_costs_nothing() -> None:
    """Who hammers at an empty bucket does not wait longer for it."""
    clock = ManualClock()
    buckets = TokenBuckets(60, 1, clock)
    assert [buckets.take("a").allowed for _ in range(1_000)].count(True) == 1
    clock.advance(1)
    assert buckets.take("a").allowed


async def test_exact_under_concurrency() -> None:
    """Of 500 requests at once, exactly the burst of 100 passes."""
    buckets = TokenBuckets(1_000, 100, ManualClock())

    async def ask() -> bool:
        return buckets.take("a").allowed

    assert sum(await asyncio.gather(*(ask() for _ in range(500)))) == 100


@given(RATES, BURSTS, st.lists(GAPS_NS, min_size=10, max_size=80))
def test_never_more_than_burst_and_rate(
    rate: int, burst: int, gaps_ns: list[int]
) -> None:
    """Over any span T, no more than burst + rate * T pass."""
    clock = ManualClock()
    buckets = TokenBuckets(rate, burst, clock)
    passed_ns: list[int] = []
    now_ns = 0
    for gap_ns in gaps_ns:
        now_ns += gap_ns
        clock.advance(gap_ns / 1e9)
        if buckets.take("a").allowed:
            passed_ns.append(now_ns)
    for i, start_ns in enumerate(passed_ns):
        for count, end_ns in enumerate(passed_ns[i:], start=1):
            # In whole numbers: count <= burst + rate/minute * (end - start).
            assert (count - burst) * 60 * 10**9 <= rate * (end_ns - start_ns)


@given(RATES, BURSTS, st.lists(GAPS_NS, min_size=10, max_size=80))
def test_who_waits_as_told_is_let_through(
    rate: int, burst: int, gaps_ns: list[int]
) -> None:
    """A refused caller who waits for ``retry_after_s`` passes; sooner, he does not."""
    clock = ManualClock()
    buckets = TokenBuckets(rate, burst, clock)
    for gap_ns in gaps_ns:
        clock.advance(gap_ns / 1e9)
        decision = buckets.take("a")
        if not decision.allowed:
            clock.advance(decision.retry_after_s - 1e-9)
            assert not buckets.take("a").allowed
            clock.advance(1e-9)
            assert buckets.take("a").allowed


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3 * 10**9)), max_size=120
    )
)
def test_many_keys_as_if_each_were_alone(asked: list[tuple[str, int]]) -> None:
    """Sweeping and dropping other buckets changes no decision on a key."""
    clock = ManualClock()
    shared = TokenBuckets(60, 3, clock)
    alone = {key: TokenBuckets(60, 3, clock) for key in "abcdefgh"}
    for key, gap_ns in asked:
        clock.advance(gap_ns / 1e9)
        assert shared.take(key) == alone[key].take(key)


def test_full_buckets_are_dropped() -> None:
    """Buckets that have refilled make room as further requests come."""
    clock = ManualClock()
    buckets = TokenBuckets(60, 10, clock)
    for n in range(1_000):
        buckets.take(f"customer {n}")
    assert len(buckets) == 1_000
    clock.advance(2)
    for _ in range(400):
        buckets.take("another")
    assert len(buckets) == 1


def test_a_full_bucket_is_not_overfull() -> None:
    """A bucket that was full long ago, and not yet dropped, holds its burst only."""
    clock = ManualClock()
    buckets = TokenBuckets(60, 2, clock)
    for n in range(100):
        buckets.take(f"customer {n}")
    clock.advance(3_600)
    assert [buckets.take("customer 99").remaining for _ in range(3)] == [1, 0, 0]


def test_a_million_customers_stay_within_bounds() -> None:
    """A million customers at one moment never hold more than ``max_keys`` buckets.

    A customer who comes with every hundredth of them is limited exactly nevertheless.
    """
    buckets = TokenBuckets(1_000, 1_000, ManualClock(), max_keys=10_000)
    largest, hot = 0, 0
    for n in range(1_000_000):
        buckets.take(f"customer {n}")
        if n % 100 == 0:
            hot += buckets.take("hot").allowed
            largest = max(largest, len(buckets))
    assert largest == 10_000
    assert hot == 1_000


def test_memory_in_bytes_stays_within_bounds() -> None:
    """Ten times as many customers as fit take no more bytes than those that fit."""
    tracemalloc.start()
    buckets = TokenBuckets(1_000, 1_000, ManualClock(), max_keys=5_000)
    after: dict[int, int] = {}
    for n in range(50_000):
        buckets.take(f"customer {n}")
        if n in (9_999, 49_999):
            after[n], _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after[49_999] < 5_000 * 500
    assert after[49_999] < after[9_999] * 1.05


def test_the_bucket_nearest_to_full_goes_first() -> None:
    """Past ``max_keys`` the customer with the fewest used requests starts afresh."""
    buckets = TokenBuckets(60, 5, ManualClock(), max_keys=3)
    for key in "aaabccaaccc":
        buckets.take(key)
    buckets.take("d")
    assert len(buckets) == 3
    assert [buckets.take(key).allowed for key in "ac"] == [False, False]
    assert buckets.take("b").remaining == 4


def test_among_equals_the_one_unused_for_longest_goes_first() -> None:
    """Of customers that used as much, the one that came first starts afresh."""
    buckets = TokenBuckets(60, 5, ManualClock(), max_keys=3)
    for key in "abcd":
        buckets.take(key)
    assert [buckets.take(key).remaining for key in "bcd"] == [3, 3, 3]


@pytest.mark.parametrize(("rate", "burst", "keys"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_limits_are_checked(rate: int, burst: int, keys: int) -> None:
    """Rate, burst and keys below 1 are refused."""
    with pytest.raises(ValueError, match="must be 1 or more"):
        TokenBuckets(rate, burst, ManualClock(), max_keys=keys)
