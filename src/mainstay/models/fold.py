"""Folds the raw event stream of one model call into a response.

Reads only what it needs: objects for every event are most of a streamed call's CPU.
Events: https://docs.claude.com/en/docs/build-with-claude/streaming
"""

from typing import Any

import msgspec

from mainstay.domain.model_call import FailureKind, ModelFailure, ModelOutcome
from mainstay.domain.step import ModelStep, Usage
from mainstay.models.failures import kind_of_error_type

TEXT_MARK = b'"text_delta"'


class _TextDelta(msgspec.Struct):
    text: str


class _TextEvent(msgspec.Struct):
    index: int
    delta: _TextDelta


_text_event = msgspec.json.Decoder(_TextEvent)
_any_event = msgspec.json.Decoder()


class StreamFold:
    """Takes bytes as they come; knows at the end whether the response is whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[int, list[str]] = {}
        self._open: set[int] = set()
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

        An event ends with an empty line; bytes of an unfinished one are kept.
        """
        events = (self._rest + data).replace(b"\r\n", b"\n").split(b"\n\n")
        self._rest = events.pop()
        texts: list[str] = []
        for event in events:
            if not self.ended:
                self._take(event, texts)
        return texts

    def outcome(self) -> ModelOutcome:
        """Return the response, or why there is none."""
        if self._failure is not None:
            return self._failure
        if not self._whole:
            return ModelFailure("incomplete", "the stream ended without message_stop")
        try:
            return self._response()
        except msgspec.DecodeError:
            return ModelFailure("garbled", "a tool call's input is no JSON")

    def _take(self, event: bytes, texts: list[str]) -> None:
        start = event.find(b"data:")
        if start < 0:
            return
        data = event[start + 5 :]
        try:
            if TEXT_MARK in data:
                self._text(data, texts)
            else:
                self._other(_any_event.decode(data))
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
            self._fail(
                "garbled",
                f"an event that is not the protocol's: {type(error).__name__}",
            )

    def _text(self, data: bytes, texts: list[str]) -> None:
        event = _text_event.decode(data)
        self._pieces[event.index].append(event.delta.text)
        self.content_seen += 1
        texts.append(event.delta.text)

    def _other(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "message_start":
                self._model = event["message"]["model"]
                self._count(event["message"].get("usage"))
            case "content_block_start":
                index = event["index"]
                self._blocks[index] = event["content_block"]
                self._pieces[index] = []
                self._open.add(index)
                self.content_seen += 1
            case "content_block_delta":
                self._delta(event["index"], event["delta"])
                self.content_seen += 1
            case "content_block_stop":
                self._open.discard(event["index"])
            case "message_delta":
                self._stop_reason = (
                    event["delta"].get("stop_reason") or self._stop_reason
                )
                self._count(event.get("usage"))
            case "message_stop":
                self._whole = True
            case "error":
                error = event["error"]
                self._fail(
                    kind_of_error_type(error["type"]), f"SSE error {error['type']}"
                )
            case _:
                return

    def _delta(self, index: int, delta: dict[str, Any]) -> None:
        match delta["type"]:
            case "input_json_delta":
                self._pieces[index].append(delta["partial_json"])
            case "thinking_delta":
                self._pieces[index].append(delta["thinking"])
            case "signature_delta":
                self._blocks[index]["signature"] = delta["signature"]
            case "citations_delta":
                self._blocks[index].setdefault("citations", []).append(
                    delta["citation"]
                )
            case _:
                return

    def _count(self, usage: dict[str, Any] | None) -> None:
        """Keep the newest figures: message_delta's are cumulative."""
        for name, value in (usage or {}).items():
            if isinstance(value, int):
                self._usage[name] = value

    def _response(self) -> ModelStep:
        blocks = [self._block(i) for i in sorted(self._blocks) if self._is_usable(i)]
        usage = Usage(
            self._usage.get("input_tokens", 0),
            self._usage.get("output_tokens", 0),
            self._usage.get("cache_read_input_tokens", 0),
            self._usage.get("cache_creation_input_tokens", 0),
        )
        return ModelStep(self._model, blocks, self._stop_reason, usage)

    def _is_usable(self, index: int) -> bool:
        """Leave out a tool call that the token limit cut off: it must never run."""
        cut = self._stop_reason == "max_tokens" and index == max(self._blocks)
        truncated = cut or index in self._open
        return not (truncated and self._blocks[index]["type"] == "tool_use")

    def _block(self, index: int) -> dict[str, Any]:
        block, text = dict(self._blocks[index]), "".join(self._pieces[index])
        match block["type"]:
            case "text":
                block["text"] = block.get("text", "") + text
            case "thinking":
                block["thinking"] = block.get("thinking", "") + text
            case "tool_use" if text:
                block["input"] = _any_event.decode(text)
            case _:
                return block
        return block

    def _fail(self, kind: FailureKind, detail: str) -> None:
        self._failure = ModelFailure(kind, detail, status=200)
