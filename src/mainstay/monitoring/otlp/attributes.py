"""Attributes: names and values, cut to what every receiver takes."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from mainstay.monitoring.otlp import wire
from mainstay.monitoring.span import Value

MAX_CHARACTERS = 4095
MAX_ENTRIES = 64
MAX_ATTRIBUTES = 64
"""New Relic's limits, the lowest there are:
https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp/
"""

SHORT = 64
"""Characters of texts that are kept in their binary form."""

_KEY, _VALUE = wire.tag(1, wire.BLOCK), wire.tag(2, wire.BLOCK)
_TEXT = wire.tag(1, wire.BLOCK)
_TRUE, _FALSE = (wire.tag(2, wire.VARINT) + wire.varint(n) for n in (1, 0))
_INTEGER = wire.tag(3, wire.VARINT)
_DOUBLE = wire.tag(4, wire.FIXED64)
_LIST = wire.tag(5, wire.BLOCK)
_ENTRY = wire.tag(1, wire.BLOCK)


def attributes(before: bytes, pairs: Iterable[tuple[str, Value | None]]) -> bytes:
    """Return fields of ``KeyValue``; a value of None is left out.

    Args:
        before: the tag of each.
        pairs: names, which are few, and values.
    """
    parts: list[bytes] = []
    for name, value in pairs:
        if value is not None:
            pair = _again if _comes_again(value) else _pair
            parts.append(pair(before, name, value))
            if len(parts) == MAX_ATTRIBUTES:
                break
    return b"".join(parts)


def any_value(value: Value) -> bytes:
    """Return an ``AnyValue`` without its tag."""
    if isinstance(value, str):
        return wire.block(_TEXT, wire.text(value[:MAX_CHARACTERS]))
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, int):
        return _INTEGER + wire.varint(value)
    if isinstance(value, float):
        return _DOUBLE + wire.double(value)
    return wire.block(_LIST, _entries(value))


def _entries(values: Sequence[str]) -> bytes:
    return b"".join(
        wire.block(_ENTRY, any_value(value)) for value in values[:MAX_ENTRIES]
    )


def _comes_again(value: Value) -> bool:
    """Tell whether a value may be told again soon: an id is, all through a turn."""
    return len(value) <= SHORT if isinstance(value, str) else isinstance(value, int)


def _pair(before: bytes, name: str, value: Value) -> bytes:
    return wire.block(before, _named(name) + wire.block(_VALUE, any_value(value)))


_again = lru_cache(maxsize=1024, typed=True)(_pair)
"""Typed, because 1 equals true."""


@lru_cache(maxsize=1024)
def _named(name: str) -> bytes:
    return wire.block(_KEY, wire.text(name))
