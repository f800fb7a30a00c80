"""The vendor's client: what all clients are set to, and its errors in our words."""

from typing import TYPE_CHECKING, Any

from mainstay.domain.errors import QueueUnavailable
from mainstay.queues.kafka.options import KafkaOptions

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

SOCKET_S = 2.0
"""The least time that a broker gets for an answer, long polls included."""

BUFFER_RECORDS = 10_000
BUFFER_KB = 16_384
PREFETCH = 1_000
PREFETCH_KB = 1_024

Settings = dict[str, Any]


class TopicMissing(QueueUnavailable):
    """The topic does not exist; ``mainstay queue init`` makes it."""


class TopicPresent(QueueUnavailable):
    """The topic exists."""


def common(options: KafkaOptions) -> Settings:
    """Return the settings of every client (librdkafka, CONFIGURATION.md)."""
    return {
        "bootstrap.servers": options.servers,
        "client.id": "mainstay",
        # Its errors come to us; nothing is printed beside our events.
        "log_level": 0,
        "reconnect.backoff.max.ms": 1000,
        "socket.keepalive.enable": True,
        "socket.timeout.ms": _ms(max(SOCKET_S, options.session_s)),
        **_security(options),
    }


def producing(options: KafkaOptions) -> Settings:
    """Return the settings of a producer: acked by all replicas, in bounded time."""
    return {
        **common(options),
        "acks": "all",
        "enable.idempotence": True,
        "message.timeout.ms": _ms(options.timeout_s),
        "topic.metadata.propagation.max.ms": _ms(options.timeout_s / 2),
        "queue.buffering.max.messages": BUFFER_RECORDS,
        "queue.buffering.max.kbytes": BUFFER_KB,
        "linger.ms": 1,
        # As Kafka's own clients choose a key's partition.
        "partitioner": "murmur2_random",
    }


def consuming(options: KafkaOptions) -> Settings:
    """Return the settings of a consumer: what is stored is committed, nothing else."""
    return {
        **common(options),
        "allow.auto.create.topics": False,
        "group.id": options.group,
        "partition.assignment.strategy": "cooperative-sticky",
        "auto.offset.reset": "earliest",
        "enable.auto.offset.store": False,
        "enable.auto.commit": True,
        "auto.commit.interval.ms": 200,
        "session.timeout.ms": _ms(options.session_s),
        "heartbeat.interval.ms": _ms(options.heartbeat_s),
        "max.poll.interval.ms": _ms(options.poll_interval_s),
        "queued.min.messages": PREFETCH,
        "queued.max.messages.kbytes": PREFETCH_KB,
        # Its default, 1 s, would pace whoever is faster than that.
        "fetch.queue.backoff.ms": 20,
        # What is resumed waits for the end of the long poll that is under way.
        "fetch.wait.max.ms": 100,
    }


def told(error: "KafkaError", options: KafkaOptions) -> QueueUnavailable:
    """Return a client's error in our words."""
    from confluent_kafka import KafkaError

    missing = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)  # noqa: SLF001 - the vendor's names of its own errors
    if error.code() in missing:
        return TopicMissing(
            f"Kafka: no topic {options.topic} or {options.dead_topic}. "
            "Run: mainstay queue init"
        )
    text = f"Kafka: {error.name()}: {error.str()}"
    if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
        return TopicPresent(text)
    return QueueUnavailable(text)


def _security(options: KafkaOptions) -> Settings:
    protocol = "SASL_" * bool(options.user) + ("SSL" if options.tls else "PLAINTEXT")
    settings: Settings = {"security.protocol": protocol}
    if options.ca:
        settings["ssl.ca.location"] = options.ca
    if options.user:
        settings["sasl.mechanism"] = options.mechanism
        settings["sasl.username"] = options.user
        settings["sasl.password"] = options.password
    return settings


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
