"""Which refunds were really made, as far as this conversation shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mainstay.simulator.persona.details import amount, named_order
from mainstay.simulator.persona.talk import Done, Talk
from mainstay.simulator.prompt import Json

State = Literal["made", "refused", "pending", "unknown", "repeated"]

_REFUSED = re.compile(
    r"\b(?:refused|fail(?:ed|ure)?|rejected|declined|denied|error|not[_ ]found|"
    r"exceeds?|above the limit|not allowed|invalid|cannot|could not|can't)\b",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\b(?:unknown|in[_ ]doubt|unclear|unconfirmed|not (?:be )?confirmed|not known|"
    r"interrupted|may have)\b",
    re.IGNORECASE,
)
_REPEATED = re.compile(
    r"\balready (?:been )?(?:done|refunded|made|paid)|\bunder way\b", re.IGNORECASE
)
_PENDING = re.compile(
    r"\b(?:pending|approval|must approve|awaiting|waits? for|scheduled)\b",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"\b(?:refunded|committed|done|complete[d]?|succeeded|success|made|issued|"
    r"processed|paid back|already)\b|\bok\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|no|never|without|won't|n't)\b|n't\b", re.IGNORECASE)
_STATES = ("status", "state", "outcome", "result", "error")
_ORDERS = ("order_id", "order", "id", "order_number")
_AMOUNTS = ("amount", "refunded", "refund_amount", "amount_refunded", "total")


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund that was asked of a tool, or that a note tells of.

    Args:
        order: id of the order, if said.
        amount: as given; None if not said.
        currency: if said.
        state: what became of it.
        reason: the tool's words, for a refund that was not made.
        reference: the refund's own id, if said.
    """

    order: str | None
    amount: Any
    currency: str | None
    state: State
    reason: str = ""
    reference: str | None = None


def refund_of(done: Done) -> Refund:
    """Return what a call of a refund tool came to."""
    fields = done.fields
    order = _first(fields, _ORDERS[:2]) or _first(done.input, _ORDERS)
    paid = _first(fields, _AMOUNTS)
    if paid is None or isinstance(paid, bool):
        paid = _first(done.input, _AMOUNTS)
    return Refund(
        order=None if order is None else str(order),
        amount=paid,
        currency=_first(fields, ("currency",)) or done.input.get("currency"),
        state=_state(done),
        reason=_reason(done),
        reference=_first(fields, ("refund_id", "reference")),
    )


def known_refunds(talk: Talk) -> list[Refund]:
    """Return every refund that the conversation gives evidence of, newest last.

    Evidence is a tool's result, a note of the application, or what the assistant
    itself said; never the customer's claim.
    """
    told = [*_told(talk.notes), *_told(talk.replies)]
    seen = [refund_of(done) for done in talk.done if "refund" in done.name]
    proven = {r.order for r in seen}
    return [*(r for r in told if r.order not in proven), *seen]


def made_refund(talk: Talk, order: str | None) -> Refund | None:
    """Return the last refund that was made, for ``order`` or, if None, for any."""
    for refund in reversed(known_refunds(talk)):
        if refund.state == "made" and order in {None, refund.order}:
            return refund
    return None


def _first(fields: Json, names: tuple[str, ...]) -> Any:
    return next((fields[n] for n in names if fields.get(n) is not None), None)


def _state(done: Done) -> State:
    words = done.text
    if done.fields:
        words = " ".join(str(done.fields[k]) for k in _STATES if done.fields.get(k))
    words = words.replace("_", " ")
    if _UNKNOWN.search(words):
        return "unknown"
    if done.failed and _REPEATED.search(words):
        return "repeated"
    denied = any(done.fields.get(k) is False for k in ("ok", "success", "refunded"))
    if done.failed or denied or _REFUSED.search(words):
        return "refused"
    return "pending" if _PENDING.search(words) else "made"


def _reason(done: Done) -> str:
    fields = done.fields
    said = _first(fields, ("reason", "message", "error", "detail"))
    return str(said) if said else ("" if fields else done.text.strip())


def _told(texts: list[str]) -> Iterator[Refund]:
    for text in texts:
        for passage in _passages(text):
            order = named_order(passage)
            if "refund" in passage.lower() and order and _is_made(passage):
                yield Refund(order, amount(passage), _currency(passage), "made")


def _passages(text: str) -> Iterator[str]:
    """Yield lines; a paragraph as a whole if only one of its lines has the word."""
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [ln for ln in paragraph.splitlines() if "refund" in ln.lower()]
        if len(lines) == 1 and named_order(lines[0]) is None:
            yield paragraph
        else:
            yield from lines


def _is_made(passage: str) -> bool:
    passage = passage.replace("_", " ")
    doubts = (_NEGATED, _REFUSED, _UNKNOWN, _PENDING)
    return bool(_MADE.search(passage)) and not any(d.search(passage) for d in doubts)


def _currency(passage: str) -> str | None:
    found = re.search(r"\b(EUR|USD|GBP)\b", passage)
    if found:
        return found.group(1)
    symbols = {"$": "USD", "€": "EUR", "£": "GBP"}
    return next((code for sign, code in symbols.items() if sign in passage), None)
