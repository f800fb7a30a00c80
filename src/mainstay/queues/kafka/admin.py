"""Kafka's administration: blocking calls, for a thread that may wait."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from mainstay.domain.errors import QueueUnavailable
from mainstay.queues.kafka.client import TopicPresent, common, told
from mainstay.queues.kafka.options import KafkaOptions

if TYPE_CHECKING:
    from concurrent.futures import Future

    from confluent_kafka import KafkaError, TopicPartition

Offsets = dict[int, int]
"""An offset of each partition."""

MARGIN_S = 1.0
"""A future ends by itself; this much later it is not waited for any more."""


class Admin:
    """One connection for administration; each call takes a bounded time.

    Args:
        options: where, and how long a call may take.

    Raises:
        QueueUnavailable: the client refuses its settings.
    """

    def __init__(self, options: KafkaOptions) -> None:
        from confluent_kafka import KafkaException

        self._options = options
        self._timeout_s = options.timeout_s
        self._last: KafkaError | None = None
        try:
            self._client = _vendor().AdminClient(
                {**common(options), "error_cb": self._note}
            )
        except KafkaException as error:
            raise told(error.args[0], options) from error

    def partitions(self, topic: str) -> int:
        """Return how many partitions a topic has.

        Raises:
            TopicMissing: there is no such topic.
            QueueUnavailable: Kafka cannot be reached, or refuses.
        """
        from confluent_kafka import KafkaException

        try:
            found = self._client.list_topics(topic, timeout=self._timeout_s)
        except KafkaException as error:
            self._client.poll(0)
            raise told(self._last or error.args[0], self._options) from error
        if (refused := found.topics[topic].error) is not None:
            raise told(refused, self._options)
        return len(found.topics[topic].partitions)

    def make(self, topic: str, partitions: int, config: Mapping[str, str]) -> bool:
        """Make a topic; False when another was faster.

        Raises:
            QueueUnavailable: Kafka cannot be reached, or refuses.
        """
        new = _vendor().NewTopic(
            topic,
            num_partitions=partitions,
            replication_factor=self._options.replicas,
            config=dict(config),
        )
        made = self._client.create_topics(
            [new],
            request_timeout=self._timeout_s,
            operation_timeout=self._timeout_s,
        )
        try:
            self._result(made[topic])
        except TopicPresent:
            return False
        return True

    def span(self, topic: str) -> tuple[Offsets, Offsets]:
        """Return where each partition begins and ends."""
        spec = _vendor().OffsetSpec
        count = self.partitions(topic)
        return (
            self._offsets(topic, count, spec.earliest()),
            self._offsets(topic, count, spec.latest()),
        )

    def committed(self) -> Offsets:
        """Return how far the group is; without the partitions it never committed."""
        from confluent_kafka import ConsumerGroupTopicPartitions

        group = self._options.group
        answer = self._client.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group)], request_timeout=self._timeout_s
        )
        places = cast(
            "list[TopicPartition]", self._result(answer[group]).topic_partitions
        )
        return {
            place.partition: place.offset
            for place in places
            if place.topic == self._options.topic and place.offset >= 0
        }

    def _offsets(self, topic: str, count: int, spec: Any) -> Offsets:
        from confluent_kafka import TopicPartition

        wanted = {TopicPartition(topic, number): spec for number in range(count)}
        answers = self._client.list_offsets(wanted, request_timeout=self._timeout_s)
        return {
            place.partition: self._result(answer).offset
            for place, answer in answers.items()
        }

    def _result(self, answer: "Future[Any]") -> Any:
        from confluent_kafka import KafkaException

        try:
            return answer.result(self._timeout_s + MARGIN_S)
        except KafkaException as error:
            raise told(error.args[0], self._options) from error
        except TimeoutError as error:
            raise QueueUnavailable("Kafka: no answer") from error

    def _note(self, error: "KafkaError") -> None:
        self._last = error


def _vendor() -> Any:
    """Return the vendor's module, whose types are partial."""
    from confluent_kafka import admin

    return admin
