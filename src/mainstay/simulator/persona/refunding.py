"""Refunds: look the order up, pay back, say what came of it."""

from decimal import Decimal, InvalidOperation
from typing import Any

from mainstay.simulator.persona import arguments, details, wording
from mainstay.simulator.persona.ordering import lookup_of, ordered, state_of, use_lookup
from mainstay.simulator.persona.plan import Plan, say, use
from mainstay.simulator.persona.refunds import (
    Refund,
    known_refunds,
    made_refund,
    refund_of,
)
from mainstay.simulator.persona.talk import Talk
from mainstay.simulator.persona.toolbox import tool_for
from mainstay.simulator.prompt import Json

_RESTS = ("refundable", "refundable_amount", "rest")
_AMOUNTS = ("total", "amount", "price", "value")


def refund(talk: Talk) -> Plan:
    """Return the next step towards a refund."""
    tried = [d for d in talk.turn if "refund" in d.name]
    if tried:
        last = refund_of(tried[-1])
        made = made_refund(talk, last.order) if last.state == "repeated" else None
        return say(told(made or last), "The refund tool has answered.")
    order = ordered(talk)
    already = made_refund(talk, order)
    if already is not None:
        return say(f"This is done already. {told(already)}")
    if order is None:
        return say("Of course. Which order is it about? Its number is enough.")
    tool = tool_for(talk, "refund")
    if tool is None:
        return say(_cannot(talk, order))
    return _pay(talk, tool, order)


def refund_status(talk: Talk) -> Plan:
    """Return what is known of a refund that the customer asks after."""
    order = details.order_id(talk.text) or ordered(talk)
    found = [r for r in known_refunds(talk) if order in {None, r.order}]
    if found:
        return say(told(found[-1]))
    about = f" for order {order}" if order else ""
    return say(f"I see no refund{about} in our conversation so far.")


def told(refund: Refund) -> str:
    """Return one sentence or two on what became of a refund."""
    what = f"order {refund.order}" if refund.order else "your order"
    paid = (
        "" if refund.amount is None else wording.money(refund.amount, refund.currency)
    )
    because = f" {refund.reason.rstrip('.')}." if refund.reason else ""
    match refund.state:
        case "made":
            reference = f" Reference: {refund.reference}." if refund.reference else ""
            sum_ = f"{paid} " if paid else ""
            return f"I have refunded {sum_}for {what}.{reference}"
        case "refused":
            return f"I could not make the refund for {what}.{because}"
        case "pending":
            of = f" of {paid}" if paid else ""
            return f"The refund{of} for {what} is not made yet; it awaits approval."
        case "repeated":
            return f"A refund for {what} was asked for before.{because}"
        case "unknown":
            return (
                f"I cannot tell for certain whether the refund for {what} went "
                "through, so I will not try it again. It has to be checked first."
            )


def _pay(talk: Talk, tool: Json, order: str) -> Plan:
    """Call the refund tool, after a lookup if the amount is not known."""
    known: Json = {"order_id": order, "order": order, "id": order}
    wants_amount = "amount" in arguments.properties(tool)
    sum_: Any = details.amount(talk.text)
    seen = lookup_of(talk, order)
    if wants_amount and sum_ is None:
        if seen is None and (step := use_lookup(talk, order)) is not None:
            return step
        if seen is not None and seen.unsuccessful:
            return say(state_of(order, seen))
        sum_ = None if seen is None else _payable(seen.fields)
        if sum_ is not None and Decimal(str(sum_)) <= 0:
            return say(f"Order {order} has been refunded in full already.")
    known["amount"] = sum_
    if seen is not None:
        known["currency"] = seen.fields.get("currency")
    input_ = arguments.fill(tool, talk.text, known)
    if input_ is None:
        return say(f"How much should I refund for order {order}?")
    return use(tool["name"], input_, f"I have all I need to refund order {order}.")


def _payable(fields: Json) -> Any:
    """Return what can still be paid back: an amount, less what was refunded."""
    rest = next((fields[n] for n in _RESTS if fields.get(n) is not None), None)
    whole = next((fields[n] for n in _AMOUNTS if fields.get(n) is not None), None)
    value = whole if rest is None else rest
    try:
        paid = Decimal(str(fields.get("refunded") or 0)) if rest is None else Decimal(0)
        left = Decimal(str(value)) - paid
    except InvalidOperation:
        return None
    return value if not paid else str(left)


def _cannot(talk: Talk, order: str) -> str:
    """Say what is so without a refund tool; nothing is claimed."""
    open_ = [r for r in known_refunds(talk) if r.order == order]
    if open_:
        return told(open_[-1])
    return (
        f"I cannot make refunds at the moment, so nothing has been refunded for order "
        f"{order}. Please try again a little later, or ask me for a colleague."
    )
