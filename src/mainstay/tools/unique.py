"""The key under which an effect may exist once: equal values, equal keys."""

import hashlib
import json
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

# Room for a readable key in an index entry; longer ones are hashed.
_MAX_CHARS = 200


def unique_key(tool: str, values: Mapping[str, Any]) -> str:
    """Return the key of one tool and some of its checked arguments.

    Args:
        tool: the tool's name.
        values: argument → value in its Python type; ``Decimal("59.90")`` and
            ``Decimal("59.9")`` are one value, "1042" and " 1042" are two.
    """
    text = json.dumps(_canonical(dict(values)), sort_keys=True, separators=(",", ":"))
    if len(text) > _MAX_CHARS:
        text = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return f"{tool}:{text}"


def _canonical(value: Any) -> Any:
    """Return JSON data that is the same for equal values."""
    match value:
        case float():
            return value + 0.0  # -0.0 becomes 0.0
        case Decimal():
            return _decimal(value)
        case BaseModel():
            return _canonical(dict(value))
        case Mapping() | AbstractSet() | list() | tuple():
            return _collection(cast("Collection[Any]", value))
        case _:
            return to_jsonable_python(value)


def _collection(value: Collection[Any]) -> Any:
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return {str(_canonical(key)): _canonical(v) for key, v in entries.items()}
    members = [_canonical(member) for member in value]
    if isinstance(value, AbstractSet):
        members.sort(key=json.dumps)
    return members


def _decimal(value: Decimal) -> str:
    """Strip trailing zeros exactly; ``normalize`` would round to 28 digits."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not any(digits):
        return "0" if value.is_zero() else str(value)
    kept = list(digits)
    while kept[-1] == 0:
        kept.pop()
    return str(Decimal((sign, tuple(kept), exponent + len(digits) - len(kept))))
