"""One rate limit for the processes that one parent started."""

import fcntl
import hashlib
import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from mainstay.caches.bucket import REQUEST_TICKS, decision_of
from mainstay.ports.clock import Clock
from mainstay.ports.limiter import Decision

SHELVES = 16_384
PLACES = 8
"""Buckets on one shelf; a customer's hash says which shelf."""

_BUCKET = struct.Struct("=QQ")
_ROUND = 2**64
"""Ticks go round: at the highest rate there are so many in 213 days."""

_SHELF_BYTES = PLACES * _BUCKET.size

TRIES = 1_000
"""A shelf is kept for microseconds, unless its keeper was frozen just then."""


class SeatedBuckets:
    """``ports.Limiter`` in memory that forked processes share: 2 MB, always.

    A bucket is GCRA's one number, the tick at which it is full again. A full bucket's
    place is free. Where all eight of a shelf are taken, the one nearest to full goes,
    and its customer wins the requests it had used.

    Made before the fork; each process calls ``take`` on one thread.

    Args:
        rate_per_minute: requests a minute that are refilled, over all processes.
        burst: requests a full bucket holds, over all processes.
        clock: monotonic time, the same in every process of the machine.
    """

    def __init__(self, rate_per_minute: int, burst: int, clock: Clock) -> None:
        self._rate = rate_per_minute
        self._burst = burst
        self._capacity = burst * REQUEST_TICKS
        self._clock = clock
        self._began_s = clock.monotonic_s()
        self._file = _memory_file()
        os.ftruncate(self._file, SHELVES * _SHELF_BYTES)
        self._memory = mmap.mmap(self._file, SHELVES * _SHELF_BYTES)

    async def take(self, key: str) -> Decision:
        """Take one request out of the key's bucket, if there is one."""
        digest = hashlib.blake2b(key.encode(), digest_size=12).digest()
        name = int.from_bytes(digest[:8]) or 1
        shelf = int.from_bytes(digest[8:]) % SHELVES
        with self._kept(shelf):
            return self._take(name, shelf * _SHELF_BYTES)

    def _take(self, name: int, start: int) -> Decision:
        now = int((self._clock.monotonic_s() - self._began_s) * 1e6) * self._rate
        place, used = self._find(name, start, now)
        used += REQUEST_TICKS
        if used > self._capacity:
            return self._decision(allowed=False, used=used - REQUEST_TICKS)
        _BUCKET.pack_into(self._memory, place, name, (now + used) % _ROUND)
        return self._decision(allowed=True, used=used)

    def _find(self, name: int, start: int, now: int) -> tuple[int, int]:
        """Return the name's place and what is used, or a place that is given up."""
        emptiest, least = start, -1
        for place in range(start, start + _SHELF_BYTES, _BUCKET.size):
            held, full_at = _BUCKET.unpack_from(self._memory, place)
            used = (full_at - now) % _ROUND
            if used > self._capacity:
                used = 0  # nothing holds so much: it was full before now
            if held == name:
                return place, used
            if least < 0 or used < least:
                emptiest, least = place, used
        return emptiest, 0

    def _decision(self, *, allowed: bool, used: int) -> Decision:
        return decision_of(allowed, used, self._rate, self._burst)

    @contextmanager
    def _kept(self, shelf: int) -> Generator[None]:
        """Keep the other processes from a shelf; the lock of one that dies is free.

        Where it cannot be had, because its keeper was frozen, a request too many may
        pass: that is better than to wait.
        """
        for _ in range(TRIES):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, shelf)
                break
            except BlockingIOError:
                os.sched_yield()
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, shelf)


def _memory_file() -> int:
    """Return the descriptor of a file that is on no disk, where there are such."""
    if sys.platform == "linux":
        return os.memfd_create("mainstay-buckets")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
