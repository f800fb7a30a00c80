"""One budget for all retries, so that layers cannot multiply them."""

from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock

SHARE = 0.1
PER_S = 1.0
MAX_TOKENS = 20.0
FIRST_S, LAST_S = 0.5, 4.0


class RetryBudget:
    """The process's bucket: 10% of its traffic and one retry a second.

    Args:
        clock: fills the bucket.
        random: full jitter.
        per_turn: retries one turn may spend.
    """

    def __init__(self, clock: Clock, random: Random, *, per_turn: int = 3) -> None:
        self._clock = clock
        self._random = random
        self._per_turn = per_turn
        self._tokens = MAX_TOKENS
        self._at_s = clock.monotonic_s()

    def turn(self) -> "TurnRetries":
        """Count a turn as traffic and return its share."""
        self._fill(SHARE)
        return TurnRetries(self, self._per_turn)

    def spend(self) -> bool:
        """Take one retry out of the bucket; False when it is empty."""
        self._fill(0.0)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def jitter_s(self, retry: int) -> float:
        """Return the pause before the n-th retry, from 0: full jitter, 0.5 s to 4 s."""
        return self._random.uniform(0.0, min(LAST_S, FIRST_S * 2**retry))

    def _fill(self, extra: float) -> None:
        now_s = self._clock.monotonic_s()
        more = (now_s - self._at_s) * PER_S + extra
        self._tokens = min(MAX_TOKENS, self._tokens + more)
        self._at_s = now_s


class TurnRetries:
    """What one turn may retry, at most one of them after an overload."""

    def __init__(self, budget: RetryBudget, allowed: int) -> None:
        self._budget = budget
        self._left = allowed
        self._spent = 0
        self._overloads = 1

    def delay_s(self, *, after_overload: bool) -> float | None:
        """Return the pause before the next retry in seconds, None when there is none."""
        if self._left == 0 or (after_overload and self._overloads == 0):
            return None
        if not self._budget.spend():
            return None
        self._left -= 1
        self._overloads -= after_overload
        self._spent += 1
        return self._budget.jitter_s(self._spent - 1)
