"""The producer: its callbacks come from a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mainstay.domain.errors import QueueUnavailable
from mainstay.queues.kafka.client import producing, told
from mainstay.queues.kafka.delivery import Delivery
from mainstay.queues.kafka.handover import HandOver
from mainstay.queues.kafka.options import KafkaOptions
from mainstay.queues.kafka.run import Run
from mainstay.queues.kafka.wire import Record
from mainstay.queues.wire import TRACEPARENT

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Producer

POLL_S = 0.2
FLUSH_S = 1.0
RETRY_S = 1.0
SLACK_S = 1.0
"""The client looks at the age of its records once a second."""

STOP_S = FLUSH_S + POLL_S + 1.0


class Sending:
    """Delivers records, or says in bounded time that it did not.

    Args:
        options: where to, and how long it may take.
        trouble: is told, on the event loop, what it lives with.
    """

    def __init__(self, options: KafkaOptions, trouble: Callable[[str], None]) -> None:
        self._options = options
        self._trouble = trouble
        self._producer: Producer | None = None
        self._run: Run | None = None
        self._broken = False
        self._last: KafkaError | None = None

    def start(self) -> None:
        """Make the producer, which connects by itself; may be repeated.

        Raises:
            QueueUnavailable: its settings are refused.
        """
        if self._run is not None:
            return
        self._producer = producer = self._made()
        self._run = run = Run(HandOver())
        threading.Thread(
            target=self._serve,
            args=(producer, run),
            name="kafka-producer",
            daemon=True,
        ).start()

    async def stop(self) -> None:
        """Return when all is delivered, or about 2 s have passed; may be repeated."""
        run, self._run, self._producer = self._run, None, None
        if run is not None:
            await run.end(STOP_S)

    async def send(self, topic: str, records: Sequence[Record]) -> None:
        """Return when all replicas have the records.

        Raises:
            QueueUnavailable: some may not have got there.
        """
        if not records:
            return
        delivery = Delivery(len(records), HandOver())
        producer = self._running()
        for record in records:
            self._put(producer, topic, record, delivery)
        limit_s = self._options.timeout_s + SLACK_S
        await asyncio.wait([delivery.ended], timeout=limit_s)
        if not delivery.ended.done():
            raise QueueUnavailable(f"Kafka: no answer in {limit_s:g} s")
        if (error := delivery.ended.result()) is not None:
            raise told(error, self._options)

    def heard(self, error: "KafkaError") -> None:
        """Note what the client says of its connections, and of its own end."""
        self._last = error
        self._broken = self._broken or error.fatal()

    async def look(self) -> None:
        """Return when the topic is found.

        Raises:
            QueueUnavailable: it is not there, or Kafka is not.
        """
        await asyncio.to_thread(self._look, self._running())

    def _look(self, producer: "Producer") -> None:
        from confluent_kafka import KafkaException

        topic = self._options.topic
        try:
            found = producer.list_topics(topic, timeout=self._options.timeout_s)
        except KafkaException as error:
            raise told(self._last or error.args[0], self._options) from error
        if (error := found.topics[topic].error) is not None:
            raise told(error, self._options)
        self._last = None

    def _running(self) -> "Producer":
        if self._producer is None:
            raise QueueUnavailable("Kafka: the queue is not started")
        return self._producer

    def _put(
        self, producer: "Producer", topic: str, record: Record, delivery: Delivery
    ) -> None:
        from confluent_kafka import KafkaError, KafkaException

        trace = record.traceparent
        try:
            producer.produce(
                topic,
                record.value,
                record.key,
                on_delivery=delivery.told,
                headers={TRACEPARENT: trace} if trace else None,
            )
        except BufferError:
            delivery.told(KafkaError(KafkaError._QUEUE_FULL))  # noqa: SLF001 - the vendor's name of its own error
        except KafkaException as error:
            delivery.told(error.args[0])

    def _made(self) -> "Producer":
        from confluent_kafka import KafkaException, Producer

        self._broken = False
        try:
            return Producer({**producing(self._options), "error_cb": self.heard})
        except KafkaException as error:
            self._broken = True
            raise told(error.args[0], self._options) from error

    def _serve(self, producer: "Producer", run: Run) -> None:
        # The last reference ends here: to let go of a producer can take a while.
        while not run.stopping.is_set():
            producer.poll(POLL_S)
            if self._broken:
                producer = self._replaced(producer, run)
        producer.flush(FLUSH_S)
        run.ended()

    def _replaced(self, producer: "Producer", run: Run) -> "Producer":
        """Return another one: a fatal error ends a producer, not the queue."""
        run.hand_over(self._trouble, f"a new producer, as of: {self._last}")
        try:
            self._producer = made = self._made()
        except QueueUnavailable:
            run.stopping.wait(RETRY_S)
            return producer
        return made
