"""What a model can read in a request, and what it makes of it."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

from mainstay.domain.model_call import ModelRequest

Wish = tuple[str, dict[str, int]]
"""A tool, and the arguments to call it with."""

_WISH = re.compile(r"\b(lookup|refund|ship|voucher) order (\d+)(?: of (\d+))?")
_REF = re.compile(r"\(ref (\d+)\)")
_ORDER = re.compile(r"order'?:? (\d+)")
SENTENCE = re.compile(r"Done: (\w+) for order (\d+)\.")

Block = Mapping[str, Any]


class Reading:
    """A request as the model understands it.

    Args:
        request: what was sent.
    """

    def __init__(self, request: ModelRequest) -> None:
        messages = request.messages
        at = _asked_at(messages)
        asked = [b["text"] for b in _blocks(messages[at]) if _is_words(b)]
        told = [b["text"] for m in messages[at:] for b in _blocks(m) if _is_context(b)]
        self._asked = "\n".join(asked)
        self._told = "\n".join(told)
        self._calls = {
            block["id"]: block
            for message in messages[at:]
            for block in _blocks(message)
            if block["type"] == "tool_use"
        }
        self._results = [
            block
            for message in messages[at:]
            for block in _blocks(message)
            if block["type"] == "tool_result"
        ]
        said = [b["text"] for m in messages for b in _blocks(m) if b["type"] == "text"]
        self._mine = sorted(set(_ORDER.findall("\n".join(said))))
        self.refs = tuple(int(ref) for ref in _REF.findall(self._asked))
        self.faults = list(_orphans(messages))

    @property
    def about(self) -> str:
        """The references of the messages, as the answer names them."""
        return ", ".join(str(ref) for ref in self.refs)

    @property
    def open_wishes(self) -> list[Wish]:
        """What was asked for, and was neither called for nor told of."""
        called = {(c["name"], c["input"]["order"]) for c in self._calls.values()}
        known = {int(order) for order in _ORDER.findall(self._told)}
        wishes: dict[tuple[str, int], Wish] = {}
        for tool, number, amount in _WISH.findall(self._asked):
            order = int(number)
            args = {"order": order} | ({"amount": int(amount)} if amount else {})
            if (tool, order) not in called and order not in known:
                wishes[tool, order] = (tool, args)
        return list(wishes.values())

    def answer(self, *, tells: bool) -> str:
        """Return an answer to every message; ``tells`` what was done, if it likes."""
        parts = [f"About {self.about}:", "thank you for writing."]
        if tells:
            if "my order" in self._asked:
                parts.append(f"Your orders are {', '.join(self._mine) or 'none'}.")
            parts += [self._of(result) for result in self._results]
            parts += [match[0] for match in SENTENCE.finditer(self._told)]
        return " ".join(parts)

    def _of(self, result: Block) -> str:
        call = self._calls[result["tool_use_id"]]
        order = call["input"]["order"]
        try:
            said = json.loads(result["content"]).get("said")
        except ValueError:
            said = None
        if said is not None and not result.get("is_error"):
            return str(said)
        return f"Of {call['name']} and order {order} I cannot say more."


def _asked_at(messages: Sequence[Mapping[str, Any]]) -> int:
    """Return which message holds the customer's newest words."""
    for at in range(len(messages) - 1, -1, -1):
        if messages[at]["role"] == "user" and any(
            map(_is_words, _blocks(messages[at]))
        ):
            return at
    return 0


def _blocks(message: Mapping[str, Any]) -> Sequence[Block]:
    content = message["content"]
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return cast("Sequence[Block]", content)


def _is_context(block: Block) -> bool:
    return block["type"] == "text" and block["text"].startswith("<context>")


def _is_words(block: Block) -> bool:
    return block["type"] == "text" and not _is_context(block)


def _orphans(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the calls without a result in the next message: a 400 in real life."""
    faults: list[str] = []
    for message, following in zip(messages, [*messages[1:], None], strict=True):
        calls = [b["id"] for b in _blocks(message) if b["type"] == "tool_use"]
        answered: Sequence[Block] = () if following is None else _blocks(following)
        given = {b.get("tool_use_id") for b in answered}
        faults += [f"{id_} has no result" for id_ in calls if id_ not in given]
    if any(a["role"] == b["role"] for a, b in pairwise(messages)):
        faults.append("two messages of one role in a row")
    return faults
