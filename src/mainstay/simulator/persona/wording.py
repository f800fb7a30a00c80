"""Results of tools in plain sentences."""

from decimal import Decimal, InvalidOperation
from typing import Any, cast

from mainstay.simulator.prompt import Json

_LABELS = {
    "eta": "expected",
    "estimated_delivery": "expected",
    "delivery_date": "expected",
    "tracking_number": "tracking",
    "tracking_url": "tracking",
}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
_TEXTS = ("text", "body", "excerpt", "snippet", "content", "answer")
_ZERO = (0, "0", "0.0", "0.00")
_HIDDEN = frozenset({"ok", "customer_id", "currency", "id", "order_id", "found"})
_MAX_ITEMS = 10


def money(value: Any, currency: Any = None) -> str:
    """Return an amount with two decimals and its currency, if known."""
    try:
        amount = f"{Decimal(str(value)):.2f}"
    except InvalidOperation:
        return str(value)
    if not isinstance(currency, str) or not currency:
        return amount
    symbol = _SYMBOLS.get(currency.upper())
    return f"{symbol}{amount}" if symbol else f"{amount} {currency}"


def listing(fields: Json, hidden: frozenset[str] = frozenset()) -> str:
    """Return the members of an object as ``name: value; name: value``."""
    parts = [
        f"{_LABELS.get(key, key.replace('_', ' '))}: {_value(key, value, fields)}"
        for key, value in fields.items()
        if key not in _HIDDEN | hidden
        and value not in (None, "", [], {})
        and not (key == "refunded" and value in _ZERO)
    ]
    return "; ".join(parts)


def result(data: Any, text: str) -> str:
    """Return any tool's result as something a customer can read."""
    if isinstance(data, dict):
        members = cast("Json", data)
        only: Any = next(iter(members.values()), None)
        if not (len(members) == 1 and isinstance(only, list)):
            return listing(members) or "done"
        data = cast("list[Any]", only)
    if isinstance(data, list):
        rows = cast("list[Any]", data)[:_MAX_ITEMS]
        return "\n".join(f"- {row(item)}" for item in rows) or "nothing"
    return text.strip() or "done"


def row(item: Any) -> str:
    """Return one element of a list in a line."""
    if not isinstance(item, dict):
        return str(item)
    fields = cast("Json", item)
    written = next((fields[k] for k in _TEXTS if fields.get(k)), None)
    if "title" in fields and written is not None:
        return f"{fields['title']}: {written}"
    title = next(
        (fields[k] for k in ("order_id", "title", "name", "id") if k in fields), ""
    )
    rest = listing(fields, frozenset({"title", "name"}))
    return f"{title}: {rest}" if title and rest else str(title or rest)


def _value(key: str, value: Any, fields: Json) -> str:
    if isinstance(value, list):
        return ", ".join(_inner(v) for v in cast("list[Any]", value)[:_MAX_ITEMS])
    if isinstance(value, dict):
        return _inner(cast("Json", value))
    if key in {"total", "amount", "price", "refunded", "refundable"}:
        return money(value, fields.get("currency"))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _inner(value: Any) -> str:
    if isinstance(value, dict):
        fields = cast("Json", value)
        named = fields.get("name") or fields.get("title") or fields.get("sku")
        return str(named) if named else ", ".join(str(v) for v in fields.values())
    return str(value)
