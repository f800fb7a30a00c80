"""Whether a customer asks for a person, when no model is there to tell."""

import re

_ASKS = re.compile(
    r"\b(talk|speak|chat|connect|transfer|pass|put)\b[^.?!]{0,40}"
    r"\b(human|person|someone|somebody|agent|representative|colleague|operator|manager)\b"
    r"|\b(human|real person|live agent)\b[^.?!]{0,20}\b(please|now)\b"
    r"|\b(want|need|get me)\b[^.?!]{0,20}\b(human|person|representative|operator)\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(r"\b(don'?t|do not|no need to)\b", re.IGNORECASE)


def asks_for_human(text: str) -> bool:
    """Tell whether the text plainly asks to be passed on to a person."""
    found = _ASKS.search(text)
    return found is not None and _REFUSES.search(text[: found.start()][-20:]) is None
