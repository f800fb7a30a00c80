"""The transcript: a conversation's events as a reader sees them."""

import sys
from collections.abc import Mapping
from typing import Any, Protocol, TextIO

from mainstay.cli.output import print_json


class Transcript(Protocol):
    """Shows events."""

    def show(self, kind: str, data: Mapping[str, Any]) -> None:
        """Show one event."""
        ...

    def note(self, text: str) -> None:
        """Say something about the connection."""
        ...

    def posting(self) -> None:
        """The reader has just typed a message of their own."""
        ...


class JsonTranscript:
    """Shows every event as one JSON object on its line."""

    def show(self, kind: str, data: Mapping[str, Any]) -> None:
        """Print the event's data and its kind."""
        extra = {}
        if kind == "message" and data.get("role") == "agent":
            extra["tools_enabled"] = data.get("fallback_level") == 0
        print_json({"event": kind} | dict(data) | extra)
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Print the note as an event of its own."""
        self.show("note", {"text": text})

    def posting(self) -> None:
        """Nothing changes: all is shown."""


class TextTranscript:
    """Shows replies as text, streamed on a terminal.

    Args:
        out: where to.
        live: whether pieces of a reply are shown as they come, and a prompt.
    """

    def __init__(self, out: TextIO, *, live: bool) -> None:
        self._out = out
        self._live = live
        self._dot = "·" if live and (out.encoding or "").lower() == "utf-8" else "-"
        self._streamed = ""
        self._source: tuple[str, int] | None = None
        self._history = True

    def show(self, kind: str, data: Mapping[str, Any]) -> None:
        """Show one event."""
        match kind:
            case "delta" if self._live:
                self._delta(data)
            case "reset" if self._live:
                self._void()
            case "message":
                self._message(data)
            case "owner":
                who = "a human" if data.get("owner") == "human" else "the agent"
                self.note(f"{who} has the conversation now")
            case _:
                pass

    def note(self, text: str) -> None:
        """Show a line in brackets."""
        self._void()
        self._line(f"[{text}]")
        self._prompt()

    def posting(self) -> None:
        """From now on the reader's own messages are on the screen already."""
        self._history = False

    def _delta(self, data: Mapping[str, Any]) -> None:
        source = (str(data.get("turn_id")), int(data.get("attempt", 0)))
        if source != self._source:
            self._void()
            self._source = source
        if not self._streamed:
            self._write("\ragent: ")
        text = printable(str(data.get("text", "")))
        self._streamed += text
        self._write(text)

    def _void(self) -> None:
        """What was streamed so far does not count."""
        if self._streamed:
            self._line(" [begins again]")
        self._streamed, self._source = "", None

    def _message(self, data: Mapping[str, Any]) -> None:
        role, text = data.get("role"), printable(str(data.get("text", "")))
        if role == "customer":
            if self._history:
                self._line(f"you: {text}")
            return
        if self._streamed and self._streamed == text:
            self._line("")
        else:
            self._void()
            self._line(f"\r{role}: {text}" if self._live else f"{role}: {text}")
        self._streamed, self._source = "", None
        if role == "agent":
            self._line(self._made(data))
        self._prompt()

    def _made(self, data: Mapping[str, Any]) -> str:
        """Return how a reply was made: its level, model and tools."""
        level = data.get("fallback_level")
        parts = [
            f"level {level}",
            printable(str(data.get("model", "unknown model"))),
            f"tools {'on' if level == 0 else 'off'}",
        ]
        return f"[{f' {self._dot} '.join(parts)}]"

    def _prompt(self) -> None:
        if self._live:
            self._write("you: ")

    def _line(self, text: str) -> None:
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        encoding = self._out.encoding or "ascii"
        self._out.write(text.encode(encoding, errors="replace").decode(encoding))
        self._out.flush()


def printable(text: str) -> str:
    """Return the text without characters that would drive the terminal."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t")
