"""The queue on Kafka."""

import asyncio
from collections.abc import Callable, Sequence

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.queue import QueueCapabilities, QueueStats
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.queues.kafka.consuming import Consuming
from mainstay.queues.kafka.depth import depth
from mainstay.queues.kafka.handover import HandOver
from mainstay.queues.kafka.ledger import Ledger
from mainstay.queues.kafka.options import KafkaOptions
from mainstay.queues.kafka.reader import Poison, Tell
from mainstay.queues.kafka.sending import Sending
from mainstay.queues.kafka.wire import buried, carrying
from mainstay.resilience.every import Every

LOOK_S = 1.0
BURIALS = 3
PAUSE_S = 1.0


class KafkaQueue:
    """Implements ``ports.Queue`` on a topic and a consumer group.

    A wake is acked once its conversation is claimed. A partition's commit is the offset
    before which all are acked, so what a dead process had not acked comes to another.

    Args:
        options: where the queue is, and its bounds.
        clock: for waits and visibility.
        telemetry: is told what the queue lives with.
    """

    def __init__(
        self, options: KafkaOptions, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._options = options
        self._clock = clock
        self._telemetry = telemetry
        self._ledger = Ledger(options.visibility_s, options.batch)
        self._consuming = Consuming(options, self._ledger, clock)
        self._sending = Sending(options, self._trouble)
        self._looking = Every(LOOK_S, self._look, clock)
        self._burying: set[asyncio.Task[None]] = set()

    @property
    def capabilities(self) -> QueueCapabilities:
        """Neither delay nor hold: the store does both."""
        return QueueCapabilities(
            max_delay_s=0.0, batch=self._options.batch, exact_stats=False
        )

    async def start(self) -> None:
        """Return when Kafka answers, or is found to be away; may be repeated.

        Raises:
            QueueUnavailable: the client refuses its settings.
        """
        self._sending.start()
        self._consuming.start(self._tell(HandOver()))
        try:
            await self._sending.look()
        except QueueUnavailable as error:
            self._consuming.tell_away(error)
            self._trouble(str(error))
        await self._looking.start()

    async def stop(self) -> None:
        """Commit, leave the group and close; within 5 s, may be repeated."""
        for task in self._burying:
            task.cancel()
        await self._looking.stop()
        await asyncio.gather(self._consuming.stop(), self._sending.stop())

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Write the wakes; return when all replicas have them."""
        records = [carrying(wake) for wake in wakes]
        await self._sending.send(self._options.topic, records)

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes, waiting up to ``wait_s`` seconds for one."""
        return await self._consuming.receive(min(limit, self._options.batch), wait_s)

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Forget the wakes; what others own by now is theirs to forget."""
        self._ledger.ack(wakes)

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Hide the wakes for a whole visibility from now on."""
        self._ledger.extend(wakes, self._clock.monotonic_s())

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Let the wakes be received again, by whoever owns them.

        Raises:
            ValueError: there is a delay; the store's ``ready_at`` has those.
        """
        if delay_s > 0:
            raise ValueError(f"Kafka has no delay: {delay_s:g}")
        self._ledger.release(wakes)
        self._consuming.tell_news()

    async def stats(self) -> QueueStats:
        """Return the group's lag; the age of the oldest wake Kafka does not tell."""
        return await asyncio.to_thread(depth, self._options, self._ledger.received())

    def _tell(self, hand_over: HandOver) -> Tell:
        def on_loop(work: Callable[..., object]) -> Callable[..., None]:
            return lambda *args: hand_over(work, *args)

        return Tell(
            news=on_loop(self._consuming.tell_news),
            poison=on_loop(self._bury_soon),
            refused=on_loop(self._consuming.tell_refused),
            trouble=on_loop(self._trouble),
        )

    async def _look(self) -> None:
        """Find out whether Kafka is there, while somebody wants to know.

        The producer is asked: a broker answers a connection's requests in order, and
        the consumer's would wait for its long poll.
        """
        if not self._consuming.is_wanted():
            return
        try:
            await self._sending.look()
        except QueueUnavailable as error:
            self._consuming.tell_away(error)
        else:
            self._consuming.tell_away(None)

    def _trouble(self, text: str) -> None:
        self._telemetry.emit(Trouble("queue.kafka", text))

    def _bury_soon(self, poison: Poison) -> None:
        task = asyncio.create_task(self._bury(poison))
        self._burying.add(task)
        task.add_done_callback(self._burying.discard)

    async def _bury(self, poison: Poison) -> None:
        """Write what is no wake to the dead letters; the partition goes on anyhow."""
        topic = self._options.topic
        letters = [buried(record, topic) for _, record in poison]
        text = f"{len(letters)} records were no wakes; see {self._options.dead_topic}"
        for _ in range(BURIALS):
            try:
                await self._sending.send(self._options.dead_topic, letters)
                break
            except QueueUnavailable as error:
                self._trouble(f"dead letters: {error}")
                await self._clock.sleep(PAUSE_S)
        else:
            places = ", ".join(letter.key.decode() for letter in letters if letter.key)
            text = f"no wakes, and left where they are: {places}"
        self._trouble(text)
        for place, _ in poison:
            self._ledger.finish(place)
