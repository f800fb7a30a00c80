"""Real identities."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from struct import Struct

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_RANDOM_BITS = 80
_STEPS = Struct("256I")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class SystemIds:
    """Identities that sort by time, after ULID (https://github.com/ulid/spec).

    48 bits of Unix milliseconds and 80 random bits in lower-case Crockford base32.
    Each is greater than the one before, also within a millisecond and when the clock
    steps back. Safe in threads and after a fork.

    Args:
        now_ms: tells Unix time in milliseconds.
    """

    def __init__(self, now_ms: Callable[[], int] = _now_ms) -> None:
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._ms = -1
        self._ms_text = ""
        self._random = 0
        self._steps: Iterator[int] = iter(())
        self._pid = 0

    def new(self, prefix: str) -> str:
        """Return a new identity, ``prefix_`` and 26 characters."""
        with self._lock:
            now_ms = self._now_ms()
            if now_ms > self._ms:
                self._enter(now_ms)
            else:
                self._step()
            return f"{prefix}_{self._ms_text}{_text(self._random)}"

    def _enter(self, ms: int) -> None:
        self._ms = ms
        self._ms_text = _PAIRS[ms >> 40] + _text(ms)[-8:]
        self._random = int.from_bytes(os.urandom(_RANDOM_BITS // 8))

    def _step(self) -> None:
        """Add a random number, not 1: a neighbour's identity stays unguessable."""
        step = next(self._steps, None)
        # A forked child must not repeat its parent's steps.
        if step is None or self._pid != os.getpid():
            step = self._draw()
        self._random += 1 + step
        if self._random >> _RANDOM_BITS:
            self._enter(self._ms + 1)

    def _draw(self) -> int:
        """Ask the kernel for many steps at once, as each call costs a microsecond."""
        self._pid = os.getpid()
        self._steps = iter(_STEPS.unpack(os.urandom(_STEPS.size)))
        return next(self._steps)


def _text(n: int) -> str:
    """Return the lowest 80 bits as 16 characters."""
    high, low, pairs = n >> 40, n & 0xFF_FFFF_FFFF, _PAIRS
    return (
        f"{pairs[high >> 30]}{pairs[high >> 20 & 1023]}"
        f"{pairs[high >> 10 & 1023]}{pairs[high & 1023]}"
        f"{pairs[low >> 30]}{pairs[low >> 20 & 1023]}"
        f"{pairs[low >> 10 & 1023]}{pairs[low & 1023]}"
    )
