"""Folds the raw event stream of one model call into a response.

Reads only what it needs: objects for every event are most of a streamed call's CPU.
"""

from typing import Any, Protocol, TypeVar

from mainstay.domain.model_call import FailureKind, ModelFailure, ModelOutcome
from mainstay.domain.step import ModelStep, Usage
from mainstay.models.block import Block
from mainstay.models.failures import of_error_event
from mainstay.models.server_events import EventBytes
from mainstay.models.wire import Delta, Event, Opening, decode_event

MAX_REPLY_BYTES = 32 * 1024 * 1024
"""More than the longest reply a model can write; bounds what a bad server costs."""

_T = TypeVar("_T")

_UNCUT = frozenset({"end_turn", "tool_use", "stop_sequence", "pause_turn"})
"""Stop reasons after which every block is complete.

The others (max_tokens, model_context_window_exceeded, refusal, and those yet to come)
may have cut off the last one:
https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons.
"""


class Events(Protocol):
    """Cuts a stream of bytes into the JSON texts of its events."""

    def cut(self, data: bytes) -> list[bytes]:
        """Return every event that is complete with these bytes; b"" is none.

        Raises:
            ValueError: the bytes are no such stream.
        """
        ...


class StreamFold:
    """Takes bytes as they come; knows at the end whether the response is whole.

    Args:
        events: cuts the bytes into events; server-sent ones unless told.
    """

    def __init__(self, events: Events | None = None) -> None:
        self._events = events or EventBytes()
        self._bytes = 0
        self._blocks: dict[int, Block] = {}
        self._model = ""
        self._stop_reason = ""
        self._usage: dict[str, int] = {}
        self._whole = False
        self._failure: ModelFailure | None = None
        self.content_seen = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more can come: message_stop, or a failure."""
        return self._whole or self._failure is not None

    def feed(self, data: bytes) -> list[str]:
        """Take bytes; return the pieces of text in them.

        Never raises for what the bytes are: ``outcome`` tells. ``content_seen`` counts
        the events that carried content, which pings do not.
        """
        texts: list[str] = []
        self._bytes += len(data)
        if self._bytes > MAX_REPLY_BYTES:
            self._fail("garbled", "the reply is too long")
        try:
            for event in self._events.cut(data):
                if self.ended:
                    break
                if event:
                    self._take(decode_event(event), texts)
        except (ValueError, KeyError, TypeError) as error:
            # Only the type: the message may quote the reply.
            self._fail("garbled", f"not the protocol: {type(error).__name__}")
        return texts

    def outcome(self) -> ModelOutcome:
        """Return the response, or why there is none."""
        if self._failure is not None:
            return self._failure
        missing = self._missing()
        if missing:
            return ModelFailure("incomplete", missing)
        usable = self._usable()
        if self._cut_a_call(usable):
            return ModelFailure("truncated", "a tool call was cut off", status=200)
        try:
            content = [block.whole() for block in usable]
        except (ValueError, TypeError) as error:
            return ModelFailure("garbled", f"a bad block: {type(error).__name__}")
        return ModelStep(self._model, content, self._stop_reason, self.usage)

    def _missing(self) -> str:
        """Return what a whole stream would have; "" when it is all there."""
        if not self._whole:
            return "the stream ended without message_stop"
        if not self._model or not self._stop_reason:
            return "the stream left out its start or end"
        if self._stop_reason in _UNCUT and not self._closed:
            return "a content block has no end"
        return ""

    @property
    def _closed(self) -> bool:
        return all(block.closed for block in self._blocks.values())

    def _take(self, event: Event, texts: list[str]) -> None:
        match event.type:
            case "content_block_delta":
                self._grow(event.index, _given(event.delta), texts)
            case "content_block_start":
                self._open(event.index, _given(event.content_block))
            case "content_block_stop":
                self._blocks[event.index].closed = True
            case "message_start":
                self._start(_given(event.message))
            case "message_delta":
                self._stop_reason = _given(event.delta).stop_reason or self._stop_reason
                self._count(event.usage)
            case "message_stop":
                self._whole = True
            case "error":
                self._failure = of_error_event(_given(event.error))
            case _:
                return

    def _start(self, opening: Opening) -> None:
        self._model = opening.model
        self._count(opening.usage)

    def _open(self, index: int, opening: dict[str, Any]) -> None:
        if index in self._blocks:
            raise ValueError("two content blocks of one index")
        self._blocks[index] = Block(opening)
        self.content_seen += 1

    def _grow(self, index: int, delta: Delta, texts: list[str]) -> None:
        self._blocks[index].add(delta)
        self.content_seen += 1
        if delta.type == "text_delta":
            texts.append(delta.text)

    def _count(self, usage: dict[str, Any] | None) -> None:
        """Keep the newest figures: those of message_delta are cumulative.

        Source: ``anthropic.types.MessageDeltaUsage``. A figure that is null leaves
        the earlier one standing.
        """
        for name, value in (usage or {}).items():
            if isinstance(value, int):
                self._usage[name] = value

    @property
    def usage(self) -> Usage:
        """Tokens so far; of a reply that broke off, what its begin told."""
        return Usage(
            input_tokens=self._usage.get("input_tokens", 0),
            output_tokens=self._usage.get("output_tokens", 0),
            cache_read_tokens=self._usage.get("cache_read_input_tokens", 0),
            cache_write_tokens=self._usage.get("cache_creation_input_tokens", 0),
        )

    def _usable(self) -> list[Block]:
        """Return the blocks in order, without what must not be used any more.

        Of a reply that was cut off, the last block is left out when half of it is
        worth nothing, even if it looks complete: a call cut off before its arguments
        looks like one without any. A refused reply's calls are all left out.
        """
        blocks = [self._blocks[index] for index in sorted(self._blocks)]
        if self._stop_reason in _UNCUT:
            return blocks
        if self._stop_reason == "refusal":
            return [block for block in blocks if not block.breaks_when_cut]
        last = len(blocks) - 1
        return [
            block
            for at, block in enumerate(blocks)
            if not (block.breaks_when_cut and (at == last or not block.closed))
        ]

    def _cut_a_call(self, usable: list[Block]) -> bool:
        """Tell whether all that the reply wanted to do was cut off.

        What it said before was the way to that call: alone it is no reply.
        """
        if self._stop_reason in _UNCUT or self._stop_reason == "refusal":
            return False
        wanted = any(block.calls_a_tool for block in self._blocks.values())
        return wanted and not any(block.calls_a_tool for block in usable)

    def _fail(self, kind: FailureKind, detail: str) -> None:
        if not self.ended:
            self._failure = ModelFailure(kind, detail, status=200)


def _given(value: _T | None) -> _T:
    """Return the part of an event that its type requires."""
    if value is None:
        raise ValueError("an event without its content")
    return value
