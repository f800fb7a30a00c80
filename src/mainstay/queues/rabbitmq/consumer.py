"""The consumer at RabbitMQ: there while somebody receives, and made anew when lost."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from itertools import count
from typing import Any

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock
from mainstay.queues.pauses import Pauses
from mainstay.queues.rabbitmq.calls import told
from mainstay.queues.rabbitmq.client import Delivered
from mainstay.queues.rabbitmq.hand import Delivery, Hand
from mainstay.queues.rabbitmq.link import Link, opened
from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.shielded import Shielded
from mainstay.queues.wire import decoded
from mainstay.resilience.background import end

GLANCE_S = 0.05
"""How long a receive without a wait looks, once the consumer is there."""

QUIET_S = 0.003
GATHER_S = 0.02
"""A batch is complete when nothing came for 3 ms, after 20 ms at the latest."""

CANCEL_S = 0.5
TAG = "mainstay-{}"
"""Another one each time: a quorum queue takes one that it knows for its predecessor."""

GiveBack = Callable[[Sequence[Delivery]], Coroutine[Any, Any, None]]


class Consumer:
    """Brings wakes into the hand while somebody receives.

    RabbitMQ delivers as soon as the prefetch allows it. While nobody receives, as in a
    worker that drains, that would hide wakes from those who do: then the consumer is
    cancelled, and what waits is given back.

    The prefetch counts for one consumer, not for what its predecessors left in hand. So
    a new one gets the rest of what may be in hand, and when that turns out to be too
    little, another one takes its place.

    Args:
        options: where, and how much at once.
        hand: takes what comes.
        clock: for waits.
        random: for the jitter of pauses.
        shielded: does what goes on in the background.
        give_back: makes deliveries receivable for others.
        bury: is told of a message that was no wake.
    """

    def __init__(  # noqa: PLR0913 - what a consumer works with
        self,
        options: RabbitMqOptions,
        hand: Hand,
        clock: Clock,
        random: Random,
        shielded: Shielded,
        *,
        give_back: GiveBack,
        bury: Callable[[], None],
    ) -> None:
        self._options = options
        self._hand = hand
        self._clock = clock
        self._pauses = Pauses(random)
        self._shielded = shielded
        self._give_back = give_back
        self._bury = bury
        self._numbers = count(1)
        self._tag = ""
        self._running: asyncio.Task[None] | None = None
        self._link: Link | None = None
        self._trouble: QueueUnavailable | None = None
        self._there_s: float | None = None
        self._receivers = 0
        self._left_s = 0.0
        self._wanted = asyncio.Event()
        self._news = asyncio.Event()

    def start(self) -> None:
        """Connect from the first receive on; may be repeated."""
        if self._running is None:
            self._trouble = None
            self._running = asyncio.create_task(self._run())

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes, waiting up to ``wait_s`` seconds for one.

        Raises:
            QueueUnavailable: there is no consumer, and none could be made in time.
        """
        began_s = self._clock.monotonic_s()
        self._receivers += 1
        self._wanted.set()
        try:
            return await self._received(limit, began_s, wait_s)
        finally:
            self._receivers -= 1
            self._left_s = self._clock.monotonic_s()

    async def leave(self) -> None:
        """Let nothing more come, within a second; what is in hand stays there."""
        running, self._running = self._running, None
        if running is not None:
            await end(running)
        if self._link is not None and self._there_s is not None:
            cancelling = asyncio.ensure_future(self._cancel(self._link))
            await asyncio.wait([cancelling], timeout=CANCEL_S)
            cancelling.cancel()
        self._there_s = None
        self._tell()

    async def close(self) -> None:
        """Send what was settled and disconnect; may be repeated."""
        link, self._link = self._link, None
        self._hand.all()
        self._wanted.clear()
        if link is not None:
            await link.close()

    async def _received(self, limit: int, began_s: float, wait_s: float) -> list[Wake]:
        while True:
            news = self._news
            if self._running is None:
                raise QueueUnavailable("RabbitMQ: the queue is not started")
            if self._hand.waits:
                await self._gather(limit)
            if wakes := self._hand.receive(limit):
                return wakes
            if self._trouble is not None:
                raise QueueUnavailable(str(self._trouble))
            left_s = self._until_s(began_s, wait_s) - self._clock.monotonic_s()
            if left_s <= 0:
                if self._there_s is None:
                    raise QueueUnavailable("RabbitMQ: there is no consumer yet")
                return []
            await _pause(news, left_s)

    async def _gather(self, limit: int) -> None:
        """Wait while more come: RabbitMQ delivers one by one what it has at once."""
        until_s = self._clock.monotonic_s() + GATHER_S
        before = 0
        while before < self._hand.waits < limit:
            before = self._hand.waits
            if self._clock.monotonic_s() >= until_s:
                return
            await self._clock.sleep(QUIET_S)

    def _until_s(self, began_s: float, wait_s: float) -> float:
        if self._there_s is None:
            return began_s + max(wait_s, self._options.timeout_s)
        return max(began_s + wait_s, self._there_s + GLANCE_S)

    async def _run(self) -> None:
        await self._wanted.wait()
        while True:
            try:
                self._link = await opened(self._options, "receives")
                await self._serve(self._link)
            except QueueUnavailable as error:
                await self._lost(error)
            except Exception as error:  # noqa: BLE001 - whatever the client raises
                await self._lost(QueueUnavailable(f"RabbitMQ: {told(error)}"))

    async def _lost(self, error: QueueUnavailable) -> None:
        """Tell receivers, forget what RabbitMQ delivers again, and pause."""
        link, self._link = self._link, None
        self._trouble, self._there_s = error, None
        self._hand.all()
        self._tell()
        if link is not None:
            self._shielded.spawn(link.close())
        await self._clock.sleep(self._pauses.next_s())

    async def _serve(self, link: Link) -> None:
        while True:
            number = next(self._numbers)
            self._tag = TAG.format(number)
            most = max(1, self._options.prefetch - len(self._hand))
            await link.ask(self._consume(link, number, most))
            self._pauses.reset()
            self._trouble, self._there_s = None, self._clock.monotonic_s()
            self._tell()
            await link.until(self._while_useful(number, most))
            await link.ask(self._cancel(link))
            self._there_s = None
            if not self._receivers:
                self._wanted.clear()
                self._shielded.spawn(self._give_back(self._hand.waiting()))
                await link.until(self._wanted.wait())

    async def _consume(self, link: Link, number: int, most: int) -> None:
        async def delivered(message: Delivered) -> None:
            tag = message.delivery_tag
            if tag is not None and not link.lost.done():
                self._add(message.body, link, number, tag)

        await link.channel.basic_qos(prefetch_count=most)
        await link.channel.basic_consume(
            self._options.name, delivered, consumer_tag=self._tag
        )

    async def _cancel(self, link: Link) -> None:
        await link.channel.basic_cancel(self._tag)

    def _add(self, body: bytes, link: Link, number: int, tag: int) -> None:
        if (id_ := decoded(body)) is None:
            link.settle("reject", tag)
            self._bury()
            return
        wake = Wake(id_, f"{number}-{tag}")
        self._hand.add(Delivery(wake, link, number, tag))
        self._tell()

    async def _while_useful(self, number: int, most: int) -> None:
        """Return when wakes wait for nobody, or more could be in hand than come."""
        while True:
            await self._clock.sleep(self._options.linger_s / 2)
            if self._receivers:
                full = self._hand.of(number) >= most
                if full and len(self._hand) < self._options.prefetch:
                    return
            elif self._hand.waits and self._left_for_s() >= self._options.linger_s:
                return

    def _left_for_s(self) -> float:
        return self._clock.monotonic_s() - self._left_s

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


async def _pause(news: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return
