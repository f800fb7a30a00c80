"""A wake as Kafka carries it: key and value are the conversation's."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from confluent_kafka import Message

VERSION = 1
MAX_ID = 200


@dataclass(frozen=True, slots=True)
class Record:
    """What is written to a topic, or was read from one.

    Args:
        key: decides its partition.
        value: its content.
        partition: where it was read.
        offset: its place there.
    """

    key: bytes | None
    value: bytes | None
    partition: int = -1
    offset: int = -1


def read(message: "Message") -> Record:
    """Return the record that a consumer's message holds."""
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise ValueError("only a message that was read has a place")
    return Record(message.key(), message.value(), partition, offset)


def encoded(conversation_id: str) -> Record:
    """Return a wake's record; one conversation's are in one partition, in order."""
    body = {"conversation_id": conversation_id, "v": VERSION}
    return Record(conversation_id.encode(), json.dumps(body).encode())


def decoded(record: Record) -> str | None:
    """Return whose wake it is, None when it is none; unknown keys are ignored."""
    try:
        body: object = json.loads(record.value or b"")
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    fields = cast("dict[str, Any]", body)
    id_ = fields.get("conversation_id")
    if fields.get("v") != VERSION or not isinstance(id_, str):
        return None
    return id_ if 0 < len(id_) <= MAX_ID else None


def buried(record: Record, topic: str) -> Record:
    """Return the dead letter of a record; its key is where it was read.

    Read twice, it has the same key again.
    """
    place = f"{topic}/{record.partition}/{record.offset}"
    return Record(place.encode(), record.value)
