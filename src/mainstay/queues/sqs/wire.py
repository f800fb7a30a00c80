"""A wake as SQS carries it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, cast

from mainstay.domain.wake import Wake

VERSION = 1
SHARDS = 64
MAX_ID = 200


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


def encoded(wake: Wake) -> str:
    """Return the body of a wake."""
    return json.dumps({"conversation_id": wake.conversation_id, "v": VERSION})


def decoded(message: Message) -> Wake | None:
    """Return the wake of a message, None when it is none; unknown keys are ignored."""
    try:
        body: object = json.loads(message.body)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    fields = cast("dict[str, Any]", body)
    id_ = fields.get("conversation_id")
    if fields.get("v") != VERSION or not isinstance(id_, str):
        return None
    return Wake(id_, message.handle) if 0 < len(id_) <= MAX_ID else None


def group(conversation_id: str) -> str:
    """Return the MessageGroupId: one of 64 shards, alike in every process.

    SQS fair queues tell noisy groups from quiet ones by it
    (Amazon SQS Developer Guide, "Amazon SQS fair queues").
    """
    digest = hashlib.sha256(conversation_id.encode()).digest()
    return f"shard-{int.from_bytes(digest[:4], 'big') % SHARDS}"
