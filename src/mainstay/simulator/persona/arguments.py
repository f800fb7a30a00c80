"""Filling a tool's input from what was said."""

import re
from collections.abc import Callable
from typing import Any, cast

from mainstay.simulator.persona import details
from mainstay.simulator.prompt import Json

_TITLE_CHARS = 60
_FREE_TEXT = re.compile(
    r"quer|question|text|message|body|descr|detail|summary|reason|note|content|"
    r"comment|topic|search|term|keyword|prompt|issue|problem"
)
_NEVER_GUESSED = re.compile(r"_id\b|mail|amount|total|price|order|date")
_FINDERS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    (r"order", details.order_id),
    (r"mail", details.email),
    (r"amount|total|price|sum", details.amount),
    (r"date|day\b", details.date),
    (r"_id\b|_no\b|number|code|sku|ref", details.order_id),
    (r"quantity|count|limit|qty", details.number),
    (r"name|city|location|place|country|person|product|item", details.name),
)


def properties(tool: Json) -> Json:
    """Return the properties of a tool's schema."""
    return cast("Json", tool["input_schema"].get("properties") or {})


def required(tool: Json) -> list[str]:
    """Return the names of the properties that must be there."""
    return cast("list[str]", tool["input_schema"].get("required") or [])


def fill(tool: Json, text: str, known: Json | None = None) -> Json | None:
    """Return an input for a tool, or None if a required property cannot be found.

    Args:
        tool: name, description and schema.
        text: what the customer said.
        known: values that are known already, by property.
    """
    needed, filled = required(tool), Json()
    for name, schema in properties(tool).items():
        value = (known or {}).get(name)
        if value is None:
            value = _found(name, schema, text, needed=name in needed)
        if value is not None:
            filled[name] = cast_to(schema, value)
    return filled if all(name in filled for name in needed) else None


def cast_to(schema: Json, value: Any) -> Any:
    """Return a value in the type that its schema wants, as far as possible."""
    kinds = _kinds(schema)
    if isinstance(value, str) and "string" not in kinds:
        try:
            if "integer" in kinds:
                return int(value)
            if "number" in kinds:
                return float(value)
        except ValueError:
            return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and kinds and not kinds & {"number", "integer"}:
        return str(value)
    return value


def _kinds(schema: Json) -> set[str]:
    """Return the types that a schema allows, alternatives included."""
    found = set[str]()
    for part in (schema, *(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())):
        kind = part.get("type")
        found.update(kind if isinstance(kind, list) else [kind] if kind else [])  # pyright: ignore[reportUnknownArgumentType]
    return found


def _found(name: str, schema: Json, text: str, *, needed: bool) -> Any:
    options = schema.get("enum")
    if options:
        low = text.lower()
        hit = next((o for o in options if str(o).lower() in low), None)
        return options[0] if hit is None and needed else hit
    kinds, low_name = _kinds(schema), name.lower()
    for pattern, finder in _FINDERS:
        if re.search(pattern, low_name) and (value := finder(text)):
            return value
    if not needed:
        return None
    return _guessed(low_name, kinds, text)


def _guessed(name: str, kinds: set[str], text: str) -> Any:
    """Return a value for a required property of no known meaning."""
    if "boolean" in kinds:
        return True
    if _NEVER_GUESSED.search(name):
        return None
    if kinds & {"integer", "number"}:
        return details.number(text)
    return _words(name, kinds, text)


def _words(name: str, kinds: set[str], text: str) -> str | None:
    """Return text for a required string."""
    if kinds and "string" not in kinds:
        return None
    if re.search(r"subject|title", name):
        return text.strip().splitlines()[0][:_TITLE_CHARS] if text.strip() else None
    if _FREE_TEXT.search(name):
        return text.strip() or None
    return details.name(text) or text.strip() or None
