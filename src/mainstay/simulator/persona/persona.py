"""The support agent: what it does next, given a request."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from mainstay.simulator.persona import arguments, wording
from mainstay.simulator.persona.intent import Intent, intent_of
from mainstay.simulator.persona.ordering import order, orders
from mainstay.simulator.persona.plan import Call, Plan, say, use
from mainstay.simulator.persona.refunding import refund, refund_status, told
from mainstay.simulator.persona.refunds import known_refunds, refund_of
from mainstay.simulator.persona.talk import Done, Talk, listen
from mainstay.simulator.persona.toolbox import matching_tool, tool_for
from mainstay.simulator.request import Request

if TYPE_CHECKING:
    from mainstay.simulator.prompt import Json

_GREETING = "Hello! How can I help you today?"
_THANKS = "You're welcome! Is there anything else I can do for you?"
_OTHER = (
    "Thank you for your message. I can look up orders, help with refunds and answer "
    "questions about our shop. What can I do for you?"
)
_UNSURE = (
    "I'm afraid I cannot look that up at the moment. Please try again a little later, "
    "or ask me for a colleague."
)
_HUMAN = (
    "You want to talk to a person, and I understand. I cannot hand you over myself at "
    "the moment; please use the contact given by our support."
)
_MARKUP = re.compile(r"<[^>]*>|\([^)]*\)|Tell the customer\.")
_ROLES: dict[Intent, str] = {
    "refund": "refund",
    "orders": "orders",
    "order": "order",
    "complaint": "ticket",
    "human": "human",
}


def decide(request: Request) -> Plan:
    """Return the next step, from the request and nothing else."""
    talk = listen(request)
    if request.tool_choice in {"any", "tool"}:
        return _forced(talk, request.forced_tool)
    if not talk.said and not talk.turn:
        return _pass_on(talk)
    intent = intent_of(talk.text)
    role = _ROLES.get(intent)
    begun = any(_plays(done, intent) for done in talk.turn)
    if not begun and (role is None or tool_for(talk, role) is None):
        other = _other_tool(talk)
        if other is not None:
            return other
    return _STEPS[intent](talk)


def _pass_on(talk: Talk) -> Plan:
    """Tell what the application noted, when the customer wrote nothing new."""
    refunds = known_refunds(talk)
    if refunds:
        return say(told(refunds[-1]))
    news = _MARKUP.sub("", " ".join(talk.asides))
    return say(" ".join(news.split()) or _OTHER)


def _plays(done: Done, intent: Intent) -> bool:
    return intent in {"refund", "order"} and (
        "refund" in done.name or "order" in done.name
    )


def _forced(talk: Talk, name: str | None) -> Plan:
    """Call the tool that must be called, or the one that fits best."""
    tool = talk.tools[name] if name else matching_tool(talk)
    tool = tool or next(iter(talk.tools.values()))
    input_ = arguments.fill(tool, talk.text) or {}
    return Plan(calls=(Call(tool["name"], input_),), thought="A tool must be called.")


def _other_tool(talk: Talk) -> Plan | None:
    """Use a tool that no role of the shop covers, or tell what it found."""
    if intent_of(talk.text) in {"greeting", "thanks", "refund_status"}:
        return None
    tool = matching_tool(talk)
    if tool is None:
        return None
    done = talk.called(tool["name"])
    if done is not None:
        return say(_outcome(done))
    input_ = arguments.fill(tool, talk.text)
    if input_ is None:
        return None
    return use(tool["name"], input_, f"The tool {tool['name']} fits this request.")


def _outcome(done: Done) -> str:
    """Tell what a tool of unknown purpose answered."""
    if "refund" in done.name:
        return told(refund_of(done))
    title = done.name.replace("_", " ")
    found = wording.result(done.data, done.text)
    if done.failed:
        return f"That did not work ({title}): {found}"
    return f"Here is what I have ({title}): {found}"


def _help(talk: Talk) -> Plan:
    tool = tool_for(talk, "search")
    if tool is None:
        return _tell_last(talk, _OTHER if talk.tools else _UNSURE)
    done = talk.called(tool["name"])
    if done is None:
        input_ = arguments.fill(tool, talk.text)
        if input_ is None:
            return say(_OTHER)
        return use(tool["name"], input_, "I search the help articles.")
    found = wording.result(done.data, done.text)
    if done.failed or _is_empty(done.data):
        return say("I found nothing about that in our help pages.")
    return say(f"Here is what our help pages say: {found}")


def _is_empty(data: Any) -> bool:
    """Return whether a search found nothing: [] or an object of empty lists."""
    if isinstance(data, dict):
        return not any(cast("Json", data).values())
    return data == []


def _human(talk: Talk) -> Plan:
    return _through(
        talk, "human", "A colleague takes over from here and will reply to you.", _HUMAN
    )


def _complaint(talk: Talk) -> Plan:
    return _through(
        talk,
        "ticket",
        "I am sorry about that. I have opened a ticket for you",
        "I am sorry about that. I cannot open a ticket at the moment; please try again "
        "a little later, or ask me for a colleague.",
    )


def _through(talk: Talk, role: str, success: str, without: str) -> Plan:
    """Do something through the tool of a role, and say so only when it is done."""
    tool = tool_for(talk, role)
    done = talk.called(tool["name"]) if tool else _earlier(talk, role)
    if done is not None and done.failed:
        return say(f"I am sorry, that did not work: {done.text.strip()}")
    if done is not None:
        ticket = done.fields.get("ticket_id") or done.fields.get("id")
        number = f" ({ticket})." if role == "ticket" and ticket else ""
        return say(success + (number or ("." if role == "ticket" else "")))
    if tool is None:
        return say(without)
    input_ = arguments.fill(tool, talk.text)
    if input_ is None:
        return say(without)
    return use(tool["name"], input_, f"I use {tool['name']} for this.")


def _earlier(talk: Talk, role: str) -> Done | None:
    """Return this turn's call of a role's tool that is not offered any more."""
    words = {"human": ("escalate", "human"), "ticket": ("ticket",)}[role]
    return next((d for d in talk.turn if any(w in d.name for w in words)), None)


def _other(talk: Talk) -> Plan:
    return _tell_last(talk, _OTHER)


def _tell_last(talk: Talk, otherwise: str) -> Plan:
    """Tell what this turn's last tool found, if any ran."""
    return say(_outcome(talk.turn[-1]) if talk.turn else otherwise)


_STEPS: dict[Intent, Callable[[Talk], Plan]] = {
    "human": _human,
    "refund": refund,
    "refund_status": refund_status,
    "orders": orders,
    "order": order,
    "help": _help,
    "complaint": _complaint,
    "greeting": lambda _: say(_GREETING),
    "thanks": lambda _: say(_THANKS),
    "other": _other,
}
