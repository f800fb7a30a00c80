"""The consumer, on its own thread: reads, commits what is done, tells what it meets."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstay.domain.errors import QueueUnavailable
from mainstay.ports.clock import Clock
from mainstay.queues.kafka.client import consuming, told
from mainstay.queues.kafka.ledger import Ledger, Place
from mainstay.queues.kafka.options import KafkaOptions
from mainstay.queues.kafka.wire import Record, read
from mainstay.queues.wire import decoded

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

POLL_S = 0.1
FULL_S = 0.5
"""How long no poll is better than a pause, which throws away what was fetched."""

REFUSED_S = 10.0
"""How long an error counts that nothing takes back: no record, no partition."""

Poison = Sequence[tuple[Place, Record]]


@dataclass(frozen=True, slots=True)
class Tell:
    """Whom the reader tells, on whatever thread it runs.

    Args:
        news: wakes may be received.
        poison: records that are no wakes; whoever buries them settles them.
        refused: why Kafka lets this member read nothing; None when it does.
        trouble: what it lives with.
    """

    news: Callable[[], None]
    poison: Callable[[Poison], None]
    refused: Callable[[QueueUnavailable | None], None]
    trouble: Callable[[str], None]


class Reader:
    """One member of the consumer group, from its joining to its leaving.

    It polls however long turns take: a full ledger pauses the partitions, not the
    polling, or the group would take them away and give them back for ever.

    Args:
        options: where, and its times.
        ledger: takes what is read, and tells what is done.
        clock: for visibilities.
        tell: whom it tells.
    """

    def __init__(
        self, options: KafkaOptions, ledger: Ledger, clock: Clock, tell: Tell
    ) -> None:
        self._options = options
        self._ledger = ledger
        self._clock = clock
        self._tell = tell
        self._paused = False
        self._had_room_s = 0.0
        self._refused_until_s: float | None = 0.0

    def read(self, wanted: Callable[[], bool]) -> None:
        """Read as long as it is wanted, then leave the group.

        Raises:
            QueueUnavailable: the client can do no more, or refuses its settings.
        """
        from confluent_kafka import Consumer, KafkaException

        self._refused_until_s = 0.0
        try:
            consumer = Consumer(consuming(self._options))
        except KafkaException as error:
            raise told(error.args[0], self._options) from error
        try:
            consumer.subscribe(
                [self._options.topic],
                on_assign=self._assigned,
                on_revoke=self._revoked,
                on_lost=self._lost,
            )
            while wanted():
                self._turn(consumer)
        finally:
            self._leave(consumer)

    def _turn(self, consumer: "Consumer") -> None:
        self._store(consumer)
        now_s = self._clock.monotonic_s()
        if self._ledger.expire(now_s):
            self._tell.news()
        if now_s >= (self._refused_until_s or math.inf):
            self._works()
        room = self._ledger.room()
        if not room and now_s < self._had_room_s + FULL_S:
            self._ledger.await_room(POLL_S)
            return
        self._pace(consumer, room)
        if room:
            self._had_room_s = now_s
        messages: list[Message] = []
        if (first := consumer.poll(POLL_S)) is not None:
            messages = [first, *(consumer.consume(room - 1, 0) if room > 1 else ())]
            self._take(messages)

    def _store(self, consumer: "Consumer") -> None:
        """Tell the client how far all is done; it commits that in the background."""
        from confluent_kafka import KafkaException, TopicPartition

        topic = self._options.topic
        for partition, offset in self._ledger.moved():
            # One that was taken away meanwhile is its new owner's.
            with suppress(KafkaException):
                done = TopicPartition(topic, partition, offset)
                consumer.store_offsets(offsets=[done])

    def _pace(self, consumer: "Consumer", room: int) -> None:
        if not room and not self._paused:
            consumer.pause(consumer.assignment())
            self._paused = True
        elif self._paused and room > self._options.batch // 2:
            consumer.resume(consumer.assignment())
            self._paused = False

    def _take(self, messages: "Sequence[Message]") -> None:
        poison: list[tuple[Place, Record]] = []
        for message in messages:
            if (error := message.error()) is not None:
                self._met(error)
            elif (bad := self._kept(message)) is not None:
                poison.append(bad)
        if poison:
            self._tell.poison(poison)
        if any(message.error() is None for message in messages):
            self._works()
            self._tell.news()

    def _kept(self, message: "Message") -> tuple[Place, Record] | None:
        """Offer the message's wake; return it when it is none."""
        record = read(message)
        place = self._ledger.read(record.partition, record.offset)
        if place is None:
            return None
        if (id_ := decoded(record.value or b"")) is None:
            return place, record
        self._ledger.offer(place, id_)
        return None

    def _met(self, error: "KafkaError") -> None:
        from confluent_kafka import KafkaError

        if error.fatal():
            raise told(error, self._options)
        if error.code() == KafkaError._MAX_POLL_EXCEEDED:  # noqa: SLF001 - the vendor's name of its own error
            self._tell.trouble(error.str())
        else:
            self._refuse(told(error, self._options), REFUSED_S)

    def _refuse(self, error: QueueUnavailable, seconds: float) -> None:
        self._refused_until_s = self._clock.monotonic_s() + seconds
        self._tell.refused(error)

    def _works(self) -> None:
        if self._refused_until_s is not None:
            self._refused_until_s = None
            self._tell.refused(None)

    def _assigned(
        self, consumer: "Consumer", partitions: "list[TopicPartition]"
    ) -> None:
        self._ledger.assign(each.partition for each in partitions)
        # Those that it keeps stay paused where they were, and the new ones are not.
        consumer.resume(consumer.assignment())
        self._paused = False
        self._works()

    def _revoked(
        self, consumer: "Consumer", partitions: "list[TopicPartition]"
    ) -> None:
        self._store(consumer)
        self._ledger.revoke(each.partition for each in partitions)

    def _lost(self, _: "Consumer", partitions: "list[TopicPartition]") -> None:
        """Note that they are somebody else's already: nothing can be committed.

        Nobody's, after an outage: the group waits a session for its members from before
        it. Until it gives out partitions again the store is to be polled.
        """
        numbers = sorted(each.partition for each in partitions)
        self._ledger.revoke(numbers)
        text = f"partitions {', '.join(map(str, numbers))} were lost"
        self._tell.trouble(text)
        self._refuse(QueueUnavailable(f"Kafka: {text}"), math.inf)

    def _leave(self, consumer: "Consumer") -> None:
        """Commit and leave at once, so that the others need not wait for a session."""
        self._store(consumer)
        consumer.close()
        self._ledger.revoke_all()
