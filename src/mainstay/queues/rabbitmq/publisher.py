"""Publishes on a connection of its own: RabbitMQ stops reading one that is blocked."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock
from mainstay.queues.pauses import Pauses
from mainstay.queues.rabbitmq.calls import NoAnswer, seen
from mainstay.queues.rabbitmq.link import Link, opened
from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.shielded import Shielded
from mainstay.queues.wire import TRACEPARENT, encoded

CONTENT_TYPE = "application/json"
BURST = 100
"""The most messages whose confirms are waited for at once."""


class Publisher:
    """Publishes persistent messages, each confirmed, none to a queue that is not there.

    Args:
        options: where to.
        clock: for pauses.
        random: for their jitter.
        shielded: closes what is given up.
    """

    def __init__(
        self,
        options: RabbitMqOptions,
        clock: Clock,
        random: Random,
        shielded: Shielded,
    ) -> None:
        self._options = options
        self._clock = clock
        self._shielded = shielded
        self._pauses = Pauses(random)
        self._started = False
        self._link: Link | None = None
        self._opening: asyncio.Task[Link] | None = None
        self._away_until_s = 0.0
        self._last = ""

    def start(self) -> None:
        """Allow connections; the first use connects. May be repeated."""
        self._started = True

    async def close(self) -> None:
        """Disconnect, within 2 s; may be repeated."""
        self._started = False
        opening, self._opening = self._opening, None
        link, self._link = self._link, None
        if opening is not None:
            opening.cancel()
            await asyncio.wait([opening])
        if link is not None:
            await link.close()

    async def send(self, wakes: Sequence[Wake]) -> None:
        """Return when RabbitMQ has confirmed all of them.

        Raises:
            QueueUnavailable: it has not; some of them may be in the queue.
        """
        for at in range(0, len(wakes), BURST):
            link = await self._linked()
            if await link.blocked():
                raise QueueUnavailable("RabbitMQ is blocked by a memory or disk alarm")
            await self._asked(link, self._options.name, wakes[at : at + BURST])

    async def count(self, name: str) -> int:
        """Return how many messages of a queue are ready.

        Raises:
            QueueUnavailable: RabbitMQ does not tell.
        """
        link = await self._linked()
        try:
            return await link.ask(_count(link, name))
        except NoAnswer as error:
            await self._judge(link, error)
            raise

    async def _asked(self, link: Link, name: str, wakes: Sequence[Wake]) -> None:
        try:
            await link.ask(_publish(link, name, wakes))
        except NoAnswer as error:
            await self._judge(link, error)
            raise

    async def _judge(self, link: Link, error: NoAnswer) -> None:
        """Give a link up that does not answer, unless it says why."""
        if await link.blocked():
            return
        link.lose(str(error))
        if self._link is link:
            self._drop()
            self._fail(error)

    async def _linked(self) -> Link:
        if not self._started:
            raise QueueUnavailable("RabbitMQ: the queue is not started")
        if self._link is not None and not self._link.lost.done():
            return self._link
        if self._clock.monotonic_s() < self._away_until_s:
            raise QueueUnavailable(f"RabbitMQ is away: {self._last}")
        if self._opening is None:
            # A task of its own: who publishes may be cancelled, others wait for it too.
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(seen)
        opening = self._opening
        await asyncio.wait([opening])
        if opening.cancelled():
            raise QueueUnavailable("RabbitMQ: the queue is stopped")
        return opening.result()

    async def _open(self) -> Link:
        self._drop()
        try:
            self._link = await opened(self._options, "publishes")
        except QueueUnavailable as error:
            self._fail(error)
            raise
        finally:
            self._opening = None
        self._pauses.reset()
        return self._link

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            self._shielded.spawn(link.close())

    def _fail(self, error: QueueUnavailable) -> None:
        self._last = str(error)
        self._away_until_s = self._clock.monotonic_s() + self._pauses.next_s()


async def _publish(link: Link, name: str, wakes: Sequence[Wake]) -> None:
    from aio_pika import DeliveryMode, Message

    def sent(wake: Wake) -> Coroutine[Any, Any, object]:
        body = encoded(wake.conversation_id).encode()
        trace = wake.traceparent
        message = Message(
            body,
            headers={TRACEPARENT: trace} if trace else None,
            content_type=CONTENT_TYPE,
            delivery_mode=DeliveryMode.PERSISTENT,
        )
        return link.channel.basic_publish(
            body, routing_key=name, properties=message.properties, mandatory=True
        )

    ends = await asyncio.gather(*map(sent, wakes), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end


async def _count(link: Link, name: str) -> int:
    # A channel of its own: to ask for a queue that is not there closes it.
    async with link.connection.channel(publisher_confirms=False) as channel:
        queue = await channel.declare_queue(name, passive=True)
        return queue.declaration_result.message_count or 0
