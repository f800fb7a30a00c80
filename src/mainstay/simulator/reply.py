"""A reply, cut into the pieces in which it streams."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from mainstay.simulator.identity import Identities
from mainstay.simulator.persona.plan import Plan
from mainstay.simulator.prompt import Json
from mainstay.simulator.request import Request
from mainstay.simulator.rules.signatures import last_signature
from mainstay.simulator.signature import sign

_WORD = re.compile(r"\s*\S+\s*\Z|\s*\S+")
_JSON_PIECE_CHARS = 12


@dataclass(frozen=True, slots=True)
class Block:
    """One content block; each piece counts as one token.

    Args:
        kind: text, thinking or tool_use.
        pieces: the text, the thinking text, or the JSON of the tool's input.
        id: of a tool call.
        name: of the tool.
        signature: of a thinking block.
    """

    kind: Literal["text", "thinking", "tool_use"]
    pieces: tuple[str, ...]
    id: str = ""
    name: str = ""
    signature: str = ""

    @property
    def opening(self) -> Json:
        """The block of its ``content_block_start``."""
        if self.kind == "tool_use":
            return {"type": "tool_use", "id": self.id, "name": self.name, "input": {}}
        if self.kind == "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        return {"type": "text", "text": ""}

    @property
    def whole(self) -> Json:
        """The block of an answer that does not stream."""
        text = "".join(self.pieces)
        if self.kind == "tool_use":
            return {**self.opening, "input": _loads(text)}
        if self.kind == "thinking":
            return {"type": "thinking", "thinking": text, "signature": self.signature}
        return {"type": "text", "text": text}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says."""

    blocks: tuple[Block, ...]
    stop_reason: str
    stop_sequence: str | None
    output_tokens: int
    thinking_tokens: int


def compose(
    request: Request,
    plan: Plan,
    ids: Identities,
    stop_reason: str | None = None,
    *,
    short: bool = False,
) -> Reply:
    """Return the reply that carries out a plan within the request's limits.

    Args:
        request: what was asked.
        plan: what to say and which tools to call.
        ids: makes the ids of tool calls.
        stop_reason: instead of the natural one.
        short: whether the tokens run out inside the last block.
    """
    text, sequence = _cut_at_sequence(plan.text, request.body.get("stop_sequences"))
    calls = () if sequence else plan.calls
    blocks = [*_thinking(request, plan)]
    thought = sum(len(block.pieces) for block in blocks)
    if text:
        blocks.append(Block("text", _words(text)))
    for call in calls:
        pieces = _json_pieces(call.input)
        blocks.append(Block("tool_use", pieces, ids.new("toolu"), call.name))
    room = sum(len(block.pieces) for block in blocks) - 1 if short else 10**9
    kept, tokens, cut = _within(blocks, min(request.max_tokens, max(1, room)))
    natural = "tool_use" if calls else "end_turn"
    if sequence:
        natural = "stop_sequence"
    reason = "max_tokens" if cut else stop_reason or natural
    return Reply(kept, reason, None if cut else sequence, tokens, min(thought, tokens))


def _thinking(request: Request, plan: Plan) -> list[Block]:
    """Return the thinking block of a reply, if this call thinks.

    ``between_tools`` thinks nowhere but right before tool calls
    (``anthropic.types.ThinkingTypes``).
    """
    mode = request.thinking
    if mode == "disabled" or (mode == "between_tools" and not plan.calls):
        return []
    text = plan.thought or "" if request.shows_thinking else ""
    prefix = request.prompt.prefix_marks[-1]
    signature = sign(request.card.id, text, prefix, last_signature(request))
    return [Block("thinking", _words(text), signature=signature)]


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


def _json_pieces(input_: Json) -> tuple[str, ...]:
    text = json.dumps(input_)
    step = _JSON_PIECE_CHARS
    return tuple(text[i : i + step] for i in range(0, len(text), step))


def _within(
    blocks: list[Block], max_tokens: int
) -> tuple[tuple[Block, ...], int, bool]:
    """Return the blocks that fit, their tokens, and whether any was cut."""
    left, kept = max_tokens, list[Block]()
    for block in blocks:
        size = len(block.pieces)
        if size > left:
            if left:
                kept.append(replace(block, pieces=block.pieces[:left]))
            return tuple(kept), max_tokens, True
        left -= size
        kept.append(block)
    return tuple(kept), max(1, max_tokens - left), False


def _cut_at_sequence(
    text: str | None, sequences: list[str] | None
) -> tuple[str | None, str | None]:
    """Return the text before the first stop sequence, and that sequence."""
    if not text or not sequences:
        return text, None
    found = [(text.find(s), s) for s in sequences if s and s in text]
    if not found:
        return text, None
    at, sequence = min(found)
    return text[:at], sequence


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return {}  # cut by max_tokens: the API returns no half input either
