"""One batch of wakes, gathered from several calls."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.queues.sqs.batches import TEN
from mainstay.queues.sqs.polls import GiveBack, Polls
from mainstay.queues.sqs.wire import Message
from mainstay.queues.wire import decoded

Bury = Callable[[Sequence[Message]], Awaitable[None]]
Hand = dict[str, Message]
"""Messages by their id: one that is delivered twice counts once."""


class Receiving:
    """Gathers batches; who gives up or fails leaves nothing hidden.

    Args:
        polls: brings up to ten messages a call.
        pollers: how many calls at a time, once one brought ten.
        give_back: makes messages visible again, in the background.
        bury: moves what is no wake to the dead letters.
        clock: for how long to wait.
    """

    def __init__(
        self,
        polls: Polls,
        pollers: int,
        *,
        give_back: GiveBack,
        bury: Bury,
        clock: Clock,
    ) -> None:
        self._polls = polls
        self._pollers = pollers
        self._give_back = give_back
        self._bury = bury
        self._clock = clock

    async def batch(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes, waiting up to ``wait_s`` seconds for one.

        Raises:
            QueueUnavailable: SQS cannot be reached.
        """
        until_s = self._clock.monotonic_s() + wait_s
        hand: Hand = {}
        try:
            while True:
                left_s = max(0.0, until_s - self._clock.monotonic_s())
                await self._fill(hand, limit, left_s)
                wakes = await self._sorted(hand)
                if wakes or left_s <= 0:
                    return wakes
        except BaseException:
            self._give_back(list(hand.values()))
            raise

    async def _fill(self, hand: Hand, limit: int, wait_s: float) -> None:
        more = await self._into(hand, min(TEN, limit), wait_s) == TEN
        while more and len(hand) < limit:
            counts = shares(limit - len(hand), self._pollers)
            calls = [self._into(hand, count, 0.0) for count in counts]
            brought = await asyncio.gather(*calls, return_exceptions=True)
            # A call that failed ends it: what is in hand is worth more than the error,
            # which the next receive meets.
            more = brought == counts

    async def _into(self, hand: Hand, count: int, wait_s: float) -> int:
        messages = await self._polls.take(count, wait_s)
        # The later delivery's handle is the valid one.
        hand.update((message.id, message) for message in messages)
        return len(messages)

    async def _sorted(self, hand: Hand) -> list[Wake]:
        whose = {id_: decoded(message.body) for id_, message in hand.items()}
        bad = [hand.pop(id_) for id_, found in whose.items() if found is None]
        if bad:
            await self._bury(bad)
        return [Wake(found, hand[id_].handle) for id_, found in whose.items() if found]


def shares(count: int, pollers: int) -> list[int]:
    """Return what to ask of each call to get ``count`` messages, at most ten each."""
    tens, rest = divmod(count, TEN)
    return ([TEN] * tens + [rest] * bool(rest))[:pollers]
