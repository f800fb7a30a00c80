"""A token bucket per key, exact and bounded, as GCRA.

The generic cell rate algorithm (ITU-T I.371, annex A) keeps one number a bucket: the
time at which it is full again. It needs no refill task, and a full bucket needs no
memory at all.
"""

import heapq
from collections import OrderedDict

from mainstay.ports.clock import Clock
from mainstay.ports.limiter import Decision

MINUTE_NS = 60_000_000_000
_SWEEP = 4
"""Full buckets dropped a call: more than one call can add, and never a long pause."""


class TokenBuckets:
    """One bucket a key: ``burst`` requests at once, refilled at the rate.

    ``take`` never awaits, and counts in whole numbers: it is exact for all callers of
    one event loop. Not for use from several threads.

    Memory is bounded: buckets that are full again are dropped as calls come in, and
    past ``max_keys`` the one nearest to full is, to within one request. Its customer
    finds a full bucket: it wins the few requests it had used, never loses one.

    Args:
        rate_per_minute: requests a minute that are refilled.
        burst: requests a full bucket holds.
        clock: monotonic time.
        max_keys: buckets held at most; about 400 bytes each.

    Raises:
        ValueError: a number is not 1 or more.
    """

    def __init__(
        self, rate_per_minute: int, burst: int, clock: Clock, max_keys: int = 100_000
    ) -> None:
        if min(rate_per_minute, burst, max_keys) < 1:
            raise ValueError("rate_per_minute, burst and max_keys must be 1 or more")
        self._rate = rate_per_minute
        self._clock = clock
        self._max_keys = max_keys
        # In ticks, of which there are rate_per_minute in a nanosecond, one request
        # takes a whole number for every rate, so nothing is ever rounded.
        self._capacity = burst * MINUTE_NS
        self._full_at: dict[str, int] = {}
        # Keys by the time they are full at, as wide as one request each; by key, the
        # least recently used first: a plain dict finds its first key slowly once many
        # before it are gone. The heap holds the number of every slot.
        self._slots: dict[int, OrderedDict[str, None]] = {}
        self._order: list[int] = []

    def __len__(self) -> int:
        """Return how many buckets are held."""
        return len(self._full_at)

    def take(self, key: str) -> Decision:
        """Take one request out of the key's bucket, if there is one."""
        now = round(self._clock.monotonic_s() * 1e9) * self._rate
        self._drop_full(now)
        held = self._full_at.get(key)
        full_at = max(now, held or now) + MINUTE_NS
        excess = full_at - now - self._capacity
        if excess > 0:
            # Rounded up: who waits for just this long finds a request there.
            wait_s = -(-excess // self._rate) / 1e9
            return self._decision(full_at - now - MINUTE_NS, refused_for_s=wait_s)
        self._put(key, held, full_at)
        return self._decision(full_at - now, refused_for_s=None)

    def _decision(self, used: int, *, refused_for_s: float | None) -> Decision:
        return Decision(
            allowed=refused_for_s is None,
            retry_after_s=refused_for_s or 0.0,
            remaining=(self._capacity - used) // MINUTE_NS,
            limit=self._rate,
            reset_s=-(-used // self._rate) / 1e9,
        )

    def _put(self, key: str, held: int | None, full_at: int) -> None:
        if held is not None:
            del self._slots[held // MINUTE_NS][key]
        elif len(self._full_at) >= self._max_keys:
            self._drop(self._nearest_to_full())
        self._full_at[key] = full_at
        number = full_at // MINUTE_NS
        if number not in self._slots:
            self._slots[number] = OrderedDict()
            heapq.heappush(self._order, number)
        self._slots[number][key] = None

    def _drop_full(self, now: int) -> None:
        for _ in range(_SWEEP):
            if not self._full_at:
                return
            key = self._nearest_to_full()
            if self._full_at[key] > now:
                return
            self._drop(key)

    def _drop(self, key: str) -> None:
        del self._slots[self._full_at.pop(key) // MINUTE_NS][key]

    def _nearest_to_full(self) -> str:
        while not (slot := self._slots[self._order[0]]):
            del self._slots[heapq.heappop(self._order)]
        return next(iter(slot))
