"""A wake as every broker carries it: a small JSON object."""

import json
from typing import Any, cast

VERSION = 1
MAX_ID = 200

TRACEPARENT = "traceparent"
"""The header beside a wake that has a trace, for whoever looks at the broker.

Source: https://www.w3.org/TR/trace-context/, section 3.2.
"""


def encoded(conversation_id: str) -> str:
    """Return the body of a wake."""
    return json.dumps({"conversation_id": conversation_id, "v": VERSION})


def decoded(body: str | bytes) -> str | None:
    """Return whose wake a body is, None when it is none; unknown keys are ignored.

    An id that no store can hold is none: its claim would fail for ever.
    """
    try:
        told: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    fields = cast("dict[str, Any]", told)
    id_ = fields.get("conversation_id")
    if fields.get("v") != VERSION or not isinstance(id_, str):
        return None
    plain = id_.isascii() and id_.isprintable() and 0 < len(id_) <= MAX_ID
    return id_ if plain else None
