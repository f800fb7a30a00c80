"""Orders: which one is meant, and what is known of it."""

from typing import TYPE_CHECKING, Any

from mainstay.simulator.persona import arguments, details, wording
from mainstay.simulator.persona.plan import Plan, say, use
from mainstay.simulator.persona.refunds import made_refund
from mainstay.simulator.persona.talk import Done, Talk
from mainstay.simulator.persona.toolbox import tool_for

if TYPE_CHECKING:
    from mainstay.simulator.prompt import Json

_HIDDEN = frozenset({"status", "state"})


def ordered(talk: Talk) -> str | None:
    """Return the order that is meant: named now, or the last one talked about."""
    if (named := details.order_id(talk.text)) is not None:
        return named
    for done in reversed(talk.done):
        found = done.fields.get("order_id") or done.input.get("order_id")
        if found is not None:
            return str(found)
    for text in (*reversed(talk.earlier), *reversed(talk.replies)):
        if (named := details.named_order(text)) is not None:
            return named
    return next((o for t in talk.notes if (o := details.named_order(t))), None)


def lookup_of(talk: Talk, order: str) -> Done | None:
    """Return the last lookup of an order, in this turn or an earlier one."""
    for done in reversed(talk.done):
        asked = str(done.input.get("order_id", done.input.get("id", "")))
        if asked == order and "order" in done.name and "refund" not in done.name:
            return done
    return None


def use_lookup(talk: Talk, order: str) -> Plan | None:
    """Return a call of the lookup tool, if there is one."""
    tool = tool_for(talk, "order")
    if tool is None:
        return None
    known: Json = {"order_id": order, "order": order, "id": order}
    input_ = arguments.fill(tool, talk.text, known)
    if input_ is None:
        return None
    return use(tool["name"], input_, f"I look up order {order} first.")


def order(talk: Talk) -> Plan:
    """Return the next step towards the state of an order."""
    wanted = ordered(talk)
    if wanted is None:
        return say("Gladly. Which order is it? Its number is enough.")
    fresh = [d for d in talk.turn if d is lookup_of(talk, wanted)]
    if fresh:
        return say(state_of(wanted, fresh[0]) + _refunded(talk, wanted))
    if (step := use_lookup(talk, wanted)) is not None:
        return step
    seen = lookup_of(talk, wanted)
    if seen is not None:
        return say(
            f"When I last looked: {state_of(wanted, seen)}{_refunded(talk, wanted)}"
        )
    return say(
        f"I cannot look up order {wanted} at the moment. Please try again a little "
        f"later, or ask me for a colleague.{_refunded(talk, wanted)}"
    )


def orders(talk: Talk) -> Plan:
    """Return the next step towards the customer's orders."""
    tool = tool_for(talk, "orders")
    seen = next((d for d in reversed(talk.turn) if "orders" in d.name), None)
    if seen is not None:
        return say(_all(seen))
    if tool is not None and (input_ := arguments.fill(tool, talk.text)) is not None:
        return use(tool["name"], input_, "I fetch the customer's orders.")
    return say("I cannot see your orders at the moment. Please try again later.")


def state_of(wanted: str, done: Done) -> str:
    """Return what a lookup says of an order."""
    if done.unsuccessful:
        names = ("message", "note", "error", "reason")
        said = next((done.fields[n] for n in names if done.fields.get(n)), "")
        said = said or ("" if done.fields else done.text)
        because = f" {str(said).rstrip('.')}." if said else ""
        return f"I could not find order {wanted}.{because}"
    fields = done.fields
    status = fields.get("status") or fields.get("state")
    rest = wording.listing(fields, _HIDDEN)
    if status is None:
        return f"Order {wanted}: {rest or wording.result(done.data, done.text)}."
    head = f"Order {wanted} is {str(status).replace('_', ' ')}."
    return f"{head} {rest[0].upper()}{rest[1:]}." if rest else head


def _all(done: Done) -> str:
    if done.failed:
        return f"I could not fetch your orders: {done.text.strip()}"
    if done.data in ([], {"orders": []}):
        return "There are no orders on your account."
    rows: Any = done.fields.get("orders") if done.fields else done.data
    listed = wording.result(rows, done.text)
    return f"These are your orders:\n{listed}" if rows else f"Your orders: {listed}."


def _refunded(talk: Talk, wanted: str) -> str:
    """Add a refund of this order to whatever else is said of it."""
    made = made_refund(talk, wanted)
    if made is None:
        return ""
    paid = (
        "" if made.amount is None else wording.money(made.amount, made.currency) + " "
    )
    return f" I have refunded {paid}for order {wanted}."
