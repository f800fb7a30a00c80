"""A wake as Kafka carries it: key and value are the conversation's."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstay.domain.wake import Wake
from mainstay.queues.wire import encoded

if TYPE_CHECKING:
    from confluent_kafka import Message


@dataclass(frozen=True, slots=True)
class Record:
    """What is written to a topic, or was read from one.

    Args:
        key: decides its partition.
        value: its content.
        partition: where it was read.
        offset: its place there.
        traceparent: its header of that name; "" for none, and once it was read.
    """

    key: bytes | None
    value: bytes | None
    partition: int = -1
    offset: int = -1
    traceparent: str = ""


def read(message: "Message") -> Record:
    """Return the record that a consumer's message holds."""
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise ValueError("only a message that was read has a place")
    return Record(message.key(), message.value(), partition, offset)


def carrying(wake: Wake) -> Record:
    """Return a wake's record; one conversation's are in one partition, in order."""
    id_ = wake.conversation_id
    body = encoded(id_).encode()
    return Record(id_.encode(), body, traceparent=wake.traceparent)


def buried(record: Record, topic: str) -> Record:
    """Return the dead letter of a record; its key is where it was read.

    Read twice, it has the same key again.
    """
    place = f"{topic}/{record.partition}/{record.offset}"
    return Record(place.encode(), record.value)
