"""What Mainstay itself says to customers: true, short, and never a guess."""

import re
from collections.abc import Sequence

from mainstay.domain.effect import Effect
from mainstay.domain.reply import NO_MODEL, Reply

_FACT = re.compile(r"\d[\d.,]*\d|\d")


def statements(effects: Sequence[Effect]) -> list[str]:
    """Return one sentence per effect that happened, or may have happened."""
    done = [e.statement for e in effects if e.state == "committed" and e.statement]
    doubtful = [e for e in effects if e.state in ("intended", "unknown")]
    if doubtful:
        names = ", ".join(sorted({e.tool.replace("_", " ") for e in doubtful}))
        done.append(
            f"One request ({names}) could not be confirmed yet; a colleague checks it."
        )
    return done


def with_effects_named(text: str, effects: Sequence[Effect]) -> str:
    """Return the text, followed by every statement whose facts it leaves out.

    A statement is covered when each number in it stands in the text.
    """
    known = set(_FACT.findall(text))
    missing = [
        sentence
        for sentence in statements(effects)
        if not _FACT.findall(sentence) or not set(_FACT.findall(sentence)) <= known
    ]
    return "\n\n".join([text, *missing])


def generic(contact: str, effects: Sequence[Effect]) -> Reply:
    """Return the reply of level 4: what was done, and where help is."""
    parts = [
        "I'm sorry, I can't answer this properly right now.",
        *statements(effects),
        _help(contact, "A colleague has been told and will look at your message."),
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


def _help(contact: str, promise: str) -> str:
    return f"{promise} You can also reach us at {contact}." if contact else promise
