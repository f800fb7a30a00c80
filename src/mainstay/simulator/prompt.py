"""A request as the model reads it: tools, then system, then messages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, cast

Json = dict[str, Any]

_CHARS_PER_TOKEN = 4
_THINKING_TYPES = frozenset({"thinking", "redacted_thinking"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of the prompt.

    Args:
        role: tools, system, user or assistant.
        block: the block itself; a string content counts as one text block.
        place: its path, as error messages name it.
    """

    role: str
    block: Json
    place: str

    @property
    def is_thinking(self) -> bool:
        """Whether this is a thinking block that came back."""
        return self.block.get("type") in _THINKING_TYPES

    @property
    def ttl_s(self) -> int | None:
        """Lifetime in seconds of the cache entry asked for here, if any."""
        return lifetime_s(self.block.get("cache_control"))

    @property
    def text(self) -> str:
        """The block as text, without its cache marker, which is not content."""
        block = self.block
        if "cache_control" in block:
            block = {k: v for k, v in block.items() if k != "cache_control"}
        return json.dumps(block, separators=(",", ":"), ensure_ascii=False)


def lifetime_s(control: Any) -> int | None:
    """Return the lifetime that a ``cache_control`` asks for.

    Source: ``anthropic.types.CacheControlEphemeralParam``.
    """
    if not isinstance(control, dict):
        return None
    return 3_600 if cast("Json", control).get("ttl") == "1h" else 300


def blocks(content: Any) -> list[Json]:
    """Return content as blocks; a string is shorthand for one text block.

    Source: ``anthropic.types.MessageCreateParams``, field ``messages``.
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return cast("list[Json]", content) if isinstance(content, list) else []


def _walk(body: Json) -> Iterator[Piece]:
    for i, tool in enumerate(body.get("tools") or ()):
        yield Piece("tools", tool, f"tools.{i}")
    for i, block in enumerate(blocks(body.get("system"))):
        yield Piece("system", block, f"system.{i}")
    for i, message in enumerate(body["messages"]):
        for j, block in enumerate(blocks(message["content"])):
            yield Piece(message["role"], block, f"messages.{i}.content.{j}")


class Prompt:
    """The blocks of one request, with what is counted and compared of them."""

    def __init__(self, body: Json) -> None:
        self.pieces = tuple(_walk(body))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Tokens of each piece, at four characters a token."""
        return tuple(-(-len(piece.text) // _CHARS_PER_TOKEN) for piece in self.pieces)

    @cached_property
    def tokens(self) -> int:
        """Tokens of the whole prompt."""
        return sum(self.sizes)

    @cached_property
    def cache_marks(self) -> tuple[str, ...]:
        """A digest per piece of everything up to and including it."""
        return tuple(self._chain(thinking=True))

    @cached_property
    def prefix_marks(self) -> tuple[str, ...]:
        """A digest per piece of everything *before* it but thinking, then the total.

        Roles count, message borders do not: consecutive messages of one role are
        one turn to the API.
        """
        return ("", *self._chain(thinking=False))

    def _chain(self, *, thinking: bool) -> Iterator[str]:
        mark = ""
        for piece in self.pieces:
            if thinking or not piece.is_thinking:
                link = f"{mark}\x00{piece.role}\x00{piece.text}".encode()
                mark = blake2b(link, digest_size=12).hexdigest()
            yield mark
