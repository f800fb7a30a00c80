"""Query parameters: one value each, checked."""

import re
from urllib.parse import parse_qs

from starlette.types import Scope

from mainstay.gateway.problems import invalid
from mainstay.gateway.spec import MAX_INTEGER

MAX_WAIT_S = 29.0

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?")
_INTEGER = re.compile(r"\d{1,16}")


def wait_s(scope: Scope) -> float:
    """Return ``wait`` in seconds, 0 to 29; larger values are clamped.

    Raises:
        Problem: 422 when it is negative or no number.
    """
    value = _value(scope, "wait")
    if value is None:
        return 0.0
    if not _NUMBER.fullmatch(value) or float(value) < 0:
        raise invalid("wait", "must be a number of seconds, 0 to 29")
    return min(float(value), MAX_WAIT_S)


def after(scope: Scope, *, status: int = 422) -> int:
    """Return ``after``, 0 without one.

    Raises:
        Problem: ``status`` when it is no number from 0.
    """
    value = _value(scope, "after")
    return 0 if value is None else whole_number("after", value, status=status)


def whole_number(field: str, value: str, *, status: int = 422) -> int:
    """Return the number a text is.

    Raises:
        Problem: ``status`` when it is none, negative or above 2^53 - 1.
    """
    if not _INTEGER.fullmatch(value) or not value.isascii() or int(value) > MAX_INTEGER:
        raise invalid(field, "must be a whole number from 0", status=status)
    return int(value)


def _value(scope: Scope, name: str) -> str | None:
    if not scope["query_string"]:
        return None
    text = scope["query_string"].decode("latin-1")
    values = parse_qs(text, keep_blank_values=True).get(name)
    if values is None:
        return None
    if len(values) > 1:
        raise invalid(name, "must be given once")
    return values[0]
