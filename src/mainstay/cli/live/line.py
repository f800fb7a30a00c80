"""Lines of a frame: words that have a mood, cut to a width."""

from collections.abc import Iterator, Sequence
from typing import Literal

Mood = Literal["", "good", "watch", "bad", "dim", "head"]
Word = tuple[str, Mood]
Line = Sequence[Word]

_CODES = {"good": "32", "watch": "33", "bad": "31;1", "dim": "2", "head": "1"}


def shown(line: Line, width: int, *, colour: bool) -> str:
    """Return a line as a terminal shows it, cut to its width in characters.

    Control characters are spaces: what a server says must not drive the terminal.
    """
    left, parts = width, list[str]()
    for text, mood in line:
        kept = "".join(c if c.isprintable() else " " for c in text)[:left]
        left -= len(kept)
        coloured = colour and mood and kept
        parts.append(f"\x1b[{_CODES[mood]}m{kept}\x1b[0m" if coloured else kept)
    return "".join(parts) if colour else "".join(parts).rstrip()


def table(head: Sequence[str], rows: Sequence[Sequence[Word]]) -> Iterator[Line]:
    """Yield a head and rows, columns aligned; nothing without rows."""
    if not rows:
        return
    lines: list[Sequence[Word]] = [[(word, "head") for word in head], *rows]
    widths = [
        max(len(word) for word, _ in column) for column in zip(*lines, strict=True)
    ]
    for line in lines:
        yield [
            (word.ljust(width + 2), mood)
            for (word, mood), width in zip(line, widths, strict=True)
        ]


def fitted(lines: Sequence[Line], height: int) -> list[Line]:
    """Return as many lines as there is room for; the last one says what is missing."""
    if len(lines) <= height:
        return list(lines)
    hidden = len(lines) - height + 1
    return [*lines[: height - 1], [(f"… {hidden} more lines", "dim")]]
