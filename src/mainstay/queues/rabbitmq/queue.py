"""The queue on RabbitMQ."""

import asyncio
from collections.abc import Sequence

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock
from mainstay.ports.queue import QueueCapabilities, QueueStats
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.queues.rabbitmq.consumer import Consumer
from mainstay.queues.rabbitmq.hand import Delivery, Hand
from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.rabbitmq.publisher import Publisher
from mainstay.queues.shielded import Shielded

SETTLE_S = 1.0


class RabbitMqQueue:
    """Implements ``ports.Queue`` on a quorum queue.

    A received wake stays unacked while its turn runs, so that RabbitMQ delivers it
    again as soon as its receiver is gone.

    Args:
        options: where the queue is, and its bounds.
        clock: for waits and pauses.
        telemetry: is told what the queue lives with.
        random: for jitter.
    """

    def __init__(
        self,
        options: RabbitMqOptions,
        clock: Clock,
        telemetry: Telemetry,
        random: Random,
    ) -> None:
        self._options = options
        self._telemetry = telemetry
        self._hand = Hand()
        self._shielded = Shielded("queue.rabbitmq", telemetry)
        self._publisher = Publisher(options, clock, random, self._shielded)
        self._consumer = Consumer(
            options,
            self._hand,
            clock,
            random,
            self._shielded,
            give_back=self._returned,
            bury=self._note_buried,
        )

    @property
    def capabilities(self) -> QueueCapabilities:
        """Hold without extending; no delays; counts are approximate."""
        return QueueCapabilities(
            max_delay_s=0.0, batch=self._options.batch, exact_stats=False, holds=True
        )

    async def start(self) -> None:
        """Return when RabbitMQ answers, or is found to be away; may be repeated."""
        self._publisher.start()
        self._consumer.start()
        try:
            await self._publisher.count(self._options.name)
        except QueueUnavailable as error:
            self._telemetry.emit(Trouble("queue.rabbitmq", str(error)))

    async def stop(self) -> None:
        """Give back what is in hand and close; within 5 s, may be repeated."""
        await self._consumer.leave()
        self._shielded.spawn(self._returned(self._hand.all()))
        await self._shielded.stop(SETTLE_S)
        await asyncio.gather(self._consumer.close(), self._publisher.close())

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Send the wakes."""
        await self._publisher.send(wakes)

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes, waiting up to ``wait_s`` seconds for one."""
        return await self._consumer.receive(min(limit, self._options.batch), wait_s)

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Ack the wakes, soon; those of a lost connection are delivered again."""
        for delivery in self._hand.settled(wakes):
            delivery.settle("ack")

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Do nothing: an unacked wake is hidden as long as its connection lives."""

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Give the wakes back; goes on when the caller is cancelled.

        Raises:
            ValueError: there is a delay; RabbitMQ has none, delays are the store's.
        """
        if delay_s > 0:
            raise ValueError(f"RabbitMQ knows no delay: {delay_s:g} s")
        await self._shielded.run(self._returned(self._hand.settled(wakes)))

    async def stats(self) -> QueueStats:
        """Return what is ready, dead, and in this process's hand; ages are not told."""
        ready = await self._publisher.count(self._options.name)
        dead = await self._publisher.count(self._options.dead_name)
        return QueueStats(
            ready, len(self._hand), 0, dead, oldest_age_s=0.0, exact=False
        )

    async def _returned(self, deliveries: Sequence[Delivery]) -> None:
        """Publish anew, then ack: a wake given back in good order starts afresh.

        To nack it would be one delivery more towards the limit before RabbitMQ 4.3.
        """
        held = [each for each in deliveries if not each.link.lost.done()]
        try:
            await self._publisher.send([each.wake for each in held])
        except QueueUnavailable:
            for each in held:
                each.settle("nack")
        else:
            for each in held:
                each.settle("ack")

    def _note_buried(self) -> None:
        text = f"a message was no wake; see {self._options.dead_name}"
        self._telemetry.emit(Trouble("queue.rabbitmq.dead", text))
