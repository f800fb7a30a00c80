"""Finding the right tool among those offered, whatever their names."""

import re

from mainstay.simulator.persona.talk import Talk
from mainstay.simulator.prompt import Json

_ROLES = {
    "refund": re.compile(r"refund|reimburse"),
    "orders": re.compile(
        r"(?:list|my|all|recent|get|show|find)_?(?:my_)?orders|order_history"
    ),
    "order": re.compile(
        r"(?:lookup|look_up|get|find|fetch|show|track|check)_?order(?!s)|"
        r"order_?(?:status|lookup|info|details)"
    ),
    "search": re.compile(r"search|help|faq|knowledge|article"),
    "ticket": re.compile(r"ticket|complaint|case"),
    "human": re.compile(r"escalate|human|hand_?off|hand_?over|person|operator"),
}
_WEAK = frozenset(
    re.findall(
        r"\w+",
        """get set list find lookup look search create update make show fetch check
        the a an of for to in on by my all order orders tool call with and or is what
        how please want can you i me it this that from customer user help need do does
        """,
    )
)
_WORD = re.compile(r"[a-z]+")
_MIN_DESCRIPTION_HITS = 3
_LONG_WORD = 4


def tool_for(talk: Talk, role: str) -> Json | None:
    """Return the offered tool that plays a role of a shop's agent."""
    pattern = _ROLES[role]
    return next((t for n, t in talk.tools.items() if pattern.search(n.lower())), None)


def matching_tool(talk: Talk) -> Json | None:
    """Return the offered tool whose name or description fits the words best."""
    said = _stems(talk.text)
    best, best_score = None, 0
    for name, tool in talk.tools.items():
        named = len(said & _stems(name.replace("_", " ")))
        described = len(said & _stems(str(tool.get("description", ""))))
        score = 4 * named + described
        fits = named or described >= _MIN_DESCRIPTION_HITS
        if fits and score > best_score:
            best, best_score = tool, score
    return best


def _stems(text: str) -> set[str]:
    """Return the telling words of a text, without their endings."""
    words = {w for w in _WORD.findall(text.lower()) if w not in _WEAK}
    return {
        re.sub(r"(?:ing|ed|es|s)\Z", "", w) if len(w) > _LONG_WORD else w for w in words
    }
