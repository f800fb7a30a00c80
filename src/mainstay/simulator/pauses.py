"""Replies that were paused, so that who sends one back gets the rest of it.

Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons,
``pause_turn``.
"""

from collections import deque
from dataclasses import replace
from hashlib import sha256
from typing import Any

from mainstay.simulator.persona.plan import Plan
from mainstay.simulator.prompt import Json, blocks

_MAX_PAUSES = 1_000


def half_of(plan: Plan) -> Plan:
    """Return the first half of what a plan says; its calls come after it."""
    text = plan.text or "One moment, please."
    return replace(plan, text=text[: max(1, len(text) // 2)], calls=())


def rest_of(plan: Plan, said: str) -> Plan:
    """Return what a plan says after what was said already."""
    text = plan.text or ""
    left = text.removeprefix(said)
    return replace(plan, text=left or (None if plan.calls else "That is all."))


def text_of(content: Any) -> str:
    """Return the text of a message's content."""
    texts = [b["text"] for b in blocks(content) if b["type"] == "text"]
    return "".join(texts)


class Pauses:
    """Remembers the newest paused replies; of their texts only the digests."""

    def __init__(self) -> None:
        self._digests: deque[bytes] = deque(maxlen=_MAX_PAUSES)

    def note(self, said: str) -> None:
        """Remember all that was said until a pause."""
        self._digests.append(_digest(said))

    def knows(self, message: Json) -> bool:
        """Tell whether a message is a reply that was paused."""
        if message.get("role") != "assistant":
            return False
        return _digest(text_of(message.get("content", ""))) in self._digests


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
