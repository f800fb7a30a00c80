"""What the customer wants."""

import re
from typing import Literal

Intent = Literal[
    "human",
    "refund",
    "refund_status",
    "orders",
    "order",
    "help",
    "complaint",
    "greeting",
    "thanks",
    "other",
]

_HUMAN = (
    r"\b(?:talk|speak|chat|connect|transfer|escalate|let me|want|need|get|give)\b"
    r".{0,40}\b(?:human|person|people|someone|agent|representative|colleague|"
    r"operator|manager|supervisor)\b|\breal (?:human|person)\b"
)
_REFUND_STATUS = (
    r"\b(?:did|has|have|was|were|is|where|when|what happened)\b"
    r"(?!.{0,20}\bi (?:get|have|request)).{0,40}\b(?:refund|money back)"
)
_HELP = (
    r"\b(?:refund|return|shipping|privacy)s? (?:policy|policies|work)|"
    r"\bhow (?:do|does|can|long|much|to|should)\b|\bopening (?:hours|times)\b|"
    r"\bdo you (?:ship|deliver|have|offer|accept)\b"
)
_ORDERS = (
    r"\b(?:my|all|list|show|recent|past|which|what)\b.{0,25}\borders\b|"
    r"\border history\b|\bwhat (?:did|have) i order"
)
_COMPLAINT = (
    r"\b(?:complain\w*|broken|damaged|defective|faulty|wrong (?:item|size|colou?r)|"
    r"missing|unacceptable|terrible|awful|disappointed|doesn'?t work|not working|"
    r"open a ticket|create a ticket)\b"
)
_ORDER = (
    r"\border\b.{0,15}\d|#\s?\d|\b(?:where|track|tracking|status|arrive|"
    r"deliver\w*|shipped|shipping)\b.{0,40}\b(?:order|package|parcel|it|delivery)\b|"
    r"\b(?:order|package|parcel)\b.{0,40}\b(?:where|status|arrive|track|late)"
)
_THANKS = r"\A\W*(?:many |great,? |perfect,? |ok,? |okay,? )*(?:thanks|thank you|thx)"
_GREETING = r"\A\W*(?:hi|hello|hey|good (?:morning|afternoon|evening))\b.{0,30}\Z"
_QUESTION = r"\?\s*\Z|\A\W*(?:what|when|how|why|which|who|can|do|is|are)\b"

_PATTERNS: tuple[tuple[Intent, str], ...] = (
    ("human", _HUMAN),
    ("refund_status", _REFUND_STATUS),
    ("help", _HELP),
    ("refund", r"\b(?:refund|reimburse|money back)"),
    ("orders", _ORDERS),
    ("complaint", _COMPLAINT),
    ("order", _ORDER),
    ("thanks", _THANKS),
    ("greeting", _GREETING),
    ("help", _QUESTION),
)
_COMPILED: tuple[tuple[Intent, re.Pattern[str]], ...] = tuple(
    (intent, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for intent, pattern in _PATTERNS
)


def intent_of(text: str) -> Intent:
    """Return the intent of a customer's words; the most consequential one wins."""
    for intent, pattern in _COMPILED:
        if pattern.search(text):
            return intent
    return "other"
