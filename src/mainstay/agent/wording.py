"""What Mainstay itself says to customers: true, short, and never a guess."""

from collections.abc import Sequence

from mainstay.domain.effect import Effect
from mainstay.domain.reply import CACHE_MODEL, NO_MODEL, Reply
from mainstay.domain.spend import Scope
from mainstay.ports.knowledge import Passage

_TOLD = "A colleague has been told and will look at your message."
_SORRY = "I'm sorry, I can't answer this properly right now."


def statements(effects: Sequence[Effect]) -> list[str]:
    """Return what a customer must know about these effects, a sentence each.

    What was done, in its tool's own words; what was not; and what nobody can tell yet.
    """
    told = [
        effect.statement or f"This was carried out: {_names([effect])}."
        for effect in effects
        if effect.state == "committed"
    ]
    if failed := [e for n, e in enumerate(effects) if _gave_up(e, effects[n + 1 :])]:
        told.append(f"This was not carried out: {_names(failed)}.")
    return told + doubts(effects)


def doubts(effects: Sequence[Effect]) -> list[str]:
    """Return the sentence about what was sent and not confirmed, if there is any."""
    doubtful = [e for e in effects if e.state in ("intended", "unknown")]
    if not doubtful:
        return []
    names = _names(doubtful)
    return [f"This could not be confirmed yet, and a colleague checks it: {names}."]


def with_facts(text: str, facts: Sequence[str]) -> str:
    """Return the text, followed by every fact that does not stand in it word for word.

    Whether other words say the same, or deny it, only a reader can tell.
    """
    return "\n\n".join([text, *(fact for fact in facts if fact not in text)])


def not_by_a_model(contact: str, found: Passage, limited: Scope | None = None) -> Reply:
    """Return the reply of level 3: what was found, and that it is only that.

    Args:
        contact: where customers find help, or "".
        found: the article or earlier answer.
        limited: whose limit allows no model call, or None.
    """
    if found.title:
        why = "I can't answer you myself right now."
        told = "This help article may help:"
        text = f"{found.title}\n\n{found.text}"
    else:
        why = "I can't look into your question right now."
        told = "This was the answer to a similar question before:"
        text = found.text
    if limited is not None:
        why = f"{_limit_reached(limited)} {_TOLD}"
    told = f"{why} {told}"
    more = _help(contact, "If this does not help, please write here again later.")
    words = f"{told}\n\n{text}\n\n{more}"
    return Reply(words, CACHE_MODEL, tools_enabled=False, fallback_level=3)


def generic(
    contact: str,
    effects: Sequence[Effect],
    limited: Scope | None = None,
    waiting: Sequence[str] = (),
) -> Reply:
    """Return the reply of level 4: why, what was done, and where help is.

    Args:
        contact: where customers find help, or "".
        effects: what the turn did, or may have done.
        limited: whose limit allows no model call, or None.
        waiting: the tools of calls that a human decides about.
    """
    parts = [
        _SORRY if limited is None else _limit_reached(limited),
        *statements(effects),
        *_waiting(waiting),
        _help(contact, _TOLD),
    ]
    return Reply(" ".join(parts), NO_MODEL, tools_enabled=False, fallback_level=4)


def holding(contact: str, effects: Sequence[Effect]) -> Reply:
    """Return the watchdog's reply: the real answer follows."""
    parts = [
        "Thank you for your message. This takes longer than it should.",
        *statements(effects),
        _help(contact, "I'll answer here as soon as I can; a colleague has been told."),
    ]
    return Reply(" ".join(parts), NO_MODEL, tools_enabled=False, fallback_level=4)


def handing_off(contact: str, effects: Sequence[Effect]) -> Reply:
    """Return the words with which a human takes over while no model can speak."""
    parts = [
        "I'm passing you on to a colleague, who will answer here.",
        *statements(effects),
    ]
    if contact:
        parts.append(f"You can also reach us at {contact}.")
    return Reply(" ".join(parts), NO_MODEL, tools_enabled=False, fallback_level=4)


def _waiting(tools: Sequence[str]) -> list[str]:
    if not tools:
        return []
    names = ", ".join(sorted({tool.replace("_", " ") for tool in tools}))
    return [f"Your request ({names}) waits for a colleague to decide about it."]


def _limit_reached(scope: Scope) -> str:
    if scope == "conversation":
        return "This conversation has reached its limit of automatic answers."
    return "The limit of automatic answers for today has been reached."


def _help(contact: str, promise: str) -> str:
    return f"{promise} You can also reach us at {contact}." if contact else promise


def _names(effects: Sequence[Effect]) -> str:
    return ", ".join(sorted({effect.tool.replace("_", " ") for effect in effects}))


def _gave_up(effect: Effect, later: Sequence[Effect]) -> bool:
    """Tell whether an effect failed and was not tried again with better success."""
    done = any(e.state != "failed" and _may_be_same(e, effect) for e in later)
    return effect.state == "failed" and not done


def _may_be_same(one: Effect, other: Effect) -> bool:
    """Tell whether two calls wanted the same; a tool that has no keys cannot say."""
    keys = {one.unique_key, other.unique_key}
    return one.tool == other.tool and (len(keys) == 1 or None in keys)
