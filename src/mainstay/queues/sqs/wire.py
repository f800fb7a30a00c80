"""A wake as SQS carries it."""

import hashlib
from dataclasses import dataclass

SHARDS = 64


@dataclass(frozen=True, slots=True)
class Message:
    """A received message.

    Args:
        id: SQS's own id; the same when it is delivered again.
        handle: what this delivery is acked with.
        body: its text.
    """

    id: str
    handle: str
    body: str


def group(conversation_id: str) -> str:
    """Return the MessageGroupId: one of 64 shards, alike in every process.

    SQS fair queues tell noisy groups from quiet ones by it
    (Amazon SQS Developer Guide, "Amazon SQS fair queues").
    """
    digest = hashlib.sha256(conversation_id.encode()).digest()
    return f"shard-{int.from_bytes(digest[:4], 'big') % SHARDS}"
