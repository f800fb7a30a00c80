"""Delivers items to one receiver: in requests it takes, again when it says later."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import assert_never

from mainstay.monitoring.otlp.end import End
from mainstay.monitoring.otlp.receiver import (
    Later,
    Outcome,
    Receiver,
    Refused,
    Taken,
    TooLarge,
)
from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock

MAX_BYTES = 950_000
"""Of a request before it is compressed. New Relic takes 1,000,000 (whether before or
after is not said), Datadog more; a collector 20 MB."""

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 30.0
JITTER = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How hard a delivery is tried.

    Args:
        request_s: seconds that one request may take.
        patience_s: seconds after which items are given up.
    """

    request_s: float = 10.0
    patience_s: float = 30.0


class Delivery:
    """Delivers to one receiver; for one thread.

    Args:
        receiver: who.
        terms: how hard it tries.
        end: cuts every wait short; what is left then is tried once.
        clock: monotonic.
        chance: for the jitter.
        tell: called with a reason when deliveries begin to fail, with "" when one
            succeeds again as a whole; in the delivering thread.
    """

    def __init__(
        self,
        receiver: Receiver,
        terms: Terms,
        end: End,
        clock: Clock,
        chance: Random,
        tell: Callable[[str], None],
    ) -> None:
        self._receiver = receiver
        self._terms = terms
        self._end = end
        self._clock = clock
        self._chance = chance
        self._tell = tell
        self._failing = False
        self._not_before_s = 0.0
        self._rejected = 0

    @property
    def rejected(self) -> int:
        """How many of the last items were thrown away by the receiver that took them.

        Which ones is not known, nor may they be sent again.
        """
        return self._rejected

    def deliver(self, items: Sequence[bytes]) -> list[bytes]:
        """Deliver items, and return those that were given up."""
        self._rejected = 0
        self._end.wait(self._not_before_s - self._clock.monotonic_s())
        until_s = self._clock.monotonic_s() + self._terms.patience_s
        return [
            given_up
            for group in _cut(items)
            for given_up in self._try_until(group, until_s)
        ]

    def close(self) -> None:
        """Give the connection back."""
        self._receiver.close()

    def _try_until(self, group: Sequence[bytes], until_s: float) -> Sequence[bytes]:
        pause_s = FIRST_PAUSE_S
        while True:
            outcome = self._try(group, until_s)
            match outcome:
                case Taken(reason, rejected):
                    self._note(reason)
                    self._rejected += rejected
                    return ()
                case TooLarge() if len(group) > 1:
                    return self._halved(group, until_s)
                case TooLarge():
                    self._note("one item is too large for it")
                    return group
                case Refused(reason):
                    self._note(reason)
                    return group
                case Later(reason, asked_s):
                    self._note(reason)
                    if not self._waited(max(asked_s, self._off(pause_s)), until_s):
                        return group
                    pause_s = min(2 * pause_s, MAX_PAUSE_S)
                case _:
                    assert_never(outcome)

    def _halved(self, group: Sequence[bytes], until_s: float) -> list[bytes]:
        middle = len(group) // 2
        halves = group[:middle], group[middle:]
        return [item for half in halves for item in self._try_until(half, until_s)]

    def _try(self, group: Sequence[bytes], until_s: float) -> Outcome:
        if until_s <= self._not_before_s and not self._end.is_near:
            return Refused("it asked to be left alone for longer")
        left_s = min(until_s - self._clock.monotonic_s(), self._end.left_s)
        if left_s <= 0:
            return Refused("there was no time left")
        return self._receiver.send(group, min(left_s, self._terms.request_s))

    def _waited(self, seconds: float, until_s: float) -> bool:
        """Wait, and tell whether to try again; what comes next waits in any case."""
        if self._end.is_near:
            return False
        again_s = self._clock.monotonic_s() + seconds
        if again_s >= until_s:
            self._not_before_s = again_s
            return False
        self._end.wait(seconds)
        return True

    def _note(self, reason: str) -> None:
        if self._failing != bool(reason):
            self._failing = bool(reason)
            self._tell(reason)

    def _off(self, seconds: float) -> float:
        return seconds * self._chance.uniform(1 - JITTER, 1 + JITTER)


def _cut(items: Sequence[bytes]) -> Generator[Sequence[bytes]]:
    """Cut items into groups that fit into a request."""
    first, size = 0, 0
    for at, item in enumerate(items):
        if size + len(item) > MAX_BYTES and at > first:
            yield items[first:at]
            first, size = at, 0
        size += len(item)
    if items:
        yield items[first:]
