"""A wake as RabbitMQ carries it."""

import json
from typing import Any, cast

from mainstay.domain.wake import Wake

VERSION = 1
MAX_ID = 200
CONTENT_TYPE = "application/json"


def encoded(conversation_id: str) -> bytes:
    """Return the body of a wake."""
    return json.dumps({"conversation_id": conversation_id, "v": VERSION}).encode()


def decoded(body: bytes, handle: str) -> Wake | None:
    """Return the wake of a body, None when it is none; unknown keys are ignored."""
    try:
        told: object = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    fields = cast("dict[str, Any]", told)
    id_ = fields.get("conversation_id")
    if fields.get("v") != VERSION or not isinstance(id_, str):
        return None
    return Wake(id_, handle) if 0 < len(id_) <= MAX_ID else None
