"""Reads the part of YAML that rule files are written in.

Block mappings and lists, plain and quoted texts, blocks of text after ``|``, comments
on lines of their own. What else YAML has is a fault, not a guess.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Union

from mainstay.domain.errors import MainstayError

Content = Union[str, Sequence["Content"], Mapping[str, "Content"]]  # noqa: UP007 - names itself

_KEY = re.compile(r"([A-Za-z_][\w.-]*|\"(?:[^\"\\]|\\.)*\"):(?: +(.*))?")
_TEXT = "|"
_REFUSED = (*"&*!%@`{[>?", "- ")
MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class DocumentFault(MainstayError):
    """A file cannot be read; the text names the line."""


def read(text: str) -> Content:
    """Return what a file says: texts, lists and mappings of them.

    Raises:
        DocumentFault: it is not written in the part of YAML that is known.
    """
    if len(text) > MAX_BYTES:
        raise DocumentFault(f"longer than {MAX_BYTES} characters")
    lines = _Lines(text)
    content = lines.content(0)
    if lines.here is not None:
        raise lines.fault("indented otherwise than what is around it")
    return content


class _Lines:
    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._at = 0
        self._depth = 0

    @property
    def here(self) -> tuple[int, str] | None:
        """The indentation and the text of the present line; None at the end."""
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip()
            told = line.lstrip(" ")
            if told and not told.startswith("#") and told != "---":
                return len(line) - len(told), told
            self._at += 1
        return None

    def fault(self, reason: str) -> DocumentFault:
        """Return the fault of the present line."""
        return DocumentFault(f"line {self._at + 1}: {reason}")

    def content(self, indent: int) -> Content:
        """Return the list or mapping that begins here, so far indented or further."""
        self._depth += 1
        here = self.here
        if here is None or here[0] < indent:
            raise self.fault("something more expected")
        if self._depth > MAX_DEPTH:
            raise self.fault(f"more than {MAX_DEPTH} levels")
        first, told = here
        listed = told == "-" or told.startswith("- ")
        found = self._list(first) if listed else self._mapping(first)
        self._depth -= 1
        return found

    def _list(self, indent: int) -> list[Content]:
        found: list[Content] = []
        while (here := self.here) is not None and here[0] == indent:
            told = here[1]
            if not (told == "-" or told.startswith("- ")):
                break
            item = told[1:].lstrip(" ")
            if _KEY.fullmatch(item) or not item:
                # What follows the dash goes on below it.
                inside = len(self._lines[self._at].rstrip()) - len(item)
                self._lines[self._at] = " " * inside + item
                found.append(self.content(indent + 1))
            else:
                found.append(self._scalar(item))
                self._at += 1
        return found

    def _mapping(self, indent: int) -> dict[str, Content]:
        found: dict[str, Content] = {}
        while (here := self.here) is not None and here[0] == indent:
            match = _KEY.fullmatch(here[1])
            if match is None:
                raise self.fault("name: value expected")
            key = self._scalar(match[1])
            if key in found:
                raise self.fault(f"{key} is there twice")
            found[key] = self._value(indent, match[2] or "")
        return found

    def _value(self, indent: int, told: str) -> Content:
        if told in {_TEXT, f"{_TEXT}-"}:
            self._at += 1
            return self._block(indent, "\n" * (told == _TEXT))
        if told:
            text = self._scalar(told)
            self._at += 1
            return text
        self._at += 1
        below = self.here
        if below is None or below[0] < indent:
            return ""
        if below[0] == indent:
            # A list may stand as far left as the name it belongs to.
            return self.content(indent) if below[1].startswith("- ") else ""
        return self.content(indent + 1)

    def _block(self, indent: int, end: str) -> str:
        taken: list[str] = []
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip()
            if line and len(line) - len(line.lstrip(" ")) <= indent:
                break
            taken.append(line)
            self._at += 1
        while taken and not taken[-1]:
            taken.pop()
        margin = min((len(t) - len(t.lstrip(" ")) for t in taken if t), default=0)
        return "\n".join(line[margin:] for line in taken) + end

    def _scalar(self, told: str) -> str:
        if told.startswith('"'):
            try:
                text = json.loads(told)
            except ValueError:
                raise self.fault("a text in quotes that does not end there") from None
            return str(text)
        if told.startswith("'"):
            if not re.fullmatch(r"'(?:[^']|'')*'", told):
                raise self.fault("a text in quotes that does not end there")
            return told[1:-1].replace("''", "'")
        if told.startswith(_REFUSED) or " #" in told or ": " in told:
            raise self.fault(f"not known here, put it in quotes: {told[:40]}")
        return told
