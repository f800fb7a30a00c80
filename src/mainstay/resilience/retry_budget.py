"""One budget for all retries, so that layers cannot multiply them.

A bucket that traffic fills keeps retries from finishing off a service that is down
(https://sre.google/sre-book/handling-overload/); full jitter spreads them
(https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
"""

from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock

PER_TURN = 3
OVERLOADS_PER_TURN = 1
SHARE = 0.1
PER_S = 1.0
MAX_TOKENS = 20.0
FIRST_S, LAST_S = 0.5, 4.0


class RetryBudget:
    """The process's bucket: 10% of its turns and one retry a second, 20 at most.

    Args:
        clock: fills the bucket.
        random: full jitter.
        per_turn: retries one turn may spend, 0 to 3.

    Raises:
        ValueError: ``per_turn`` is out of its range.
    """

    def __init__(
        self, clock: Clock, random: Random, *, per_turn: int = PER_TURN
    ) -> None:
        if not 0 <= per_turn <= PER_TURN:
            raise ValueError(f"per_turn must be 0 to {PER_TURN}, not {per_turn}")
        self._clock = clock
        self._random = random
        self._per_turn = per_turn
        self._tokens = MAX_TOKENS
        self._filled_s = clock.monotonic_s()

    def turn(self, *, spent: int = 0, overloads: int = 0) -> "TurnRetries":
        """Count an attempt at a turn as traffic and return what the turn has left.

        Args:
            spent: retries of its earlier attempts.
            overloads: those of them that followed a 529.
        """
        self._fill(SHARE)
        return TurnRetries(self, self._per_turn, spent, overloads)

    def spend(self) -> bool:
        """Take one retry out of the bucket; False when it is empty."""
        self._fill(0.0)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def jitter_s(self, retry: int) -> float:
        """Return the pause in seconds before a turn's n-th retry, counted from 0.

        Anything from 0 to a limit that starts at 0.5 s and doubles up to 4 s.
        """
        return self._random.uniform(0.0, min(LAST_S, FIRST_S * 2**retry))

    def _fill(self, extra: float) -> None:
        now_s = self._clock.monotonic_s()
        more = (now_s - self._filled_s) * PER_S + extra
        self._tokens = min(MAX_TOKENS, self._tokens + more)
        self._filled_s = now_s


class TurnRetries:
    """What one turn may retry, in all its layers and on all its levels.

    Args:
        budget: the process's bucket.
        allowed: retries this turn may spend.
        spent: those that are spent already.
        overloads: those of them that followed a 529.
    """

    def __init__(
        self, budget: RetryBudget, allowed: int, spent: int = 0, overloads: int = 0
    ) -> None:
        self._budget = budget
        self._allowed = allowed
        self._spent = spent
        self._overloads = overloads

    def delay_s(self, *, after_overload: bool) -> float | None:
        """Spend a retry; return the pause before it in seconds, None to give up.

        Args:
            after_overload: whether the failed call met an overloaded server (529),
                which stands one retry a turn at most.
        """
        if self._spent >= self._allowed:
            return None
        if after_overload and self._overloads >= OVERLOADS_PER_TURN:
            return None
        if not self._budget.spend():
            return None
        self._spent += 1
        self._overloads += after_overload
        return self._budget.jitter_s(self._spent - 1)
