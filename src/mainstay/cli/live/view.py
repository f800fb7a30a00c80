"""Ways to show figures: as lines, as JSON, as a whole frame."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from mainstay.cli.live.figures import Figures
from mainstay.cli.live.frame import frame, summary
from mainstay.cli.live.line import Line, shown
from mainstay.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDE = 1000
"""Characters of a line that goes to no terminal."""


class View(Protocol):
    """Shows figures."""

    def show(self, figures: Figures) -> None:
        """Show them."""
        ...


class Lines:
    """One line a look, for files and pipes."""

    def show(self, figures: Figures) -> None:
        """Print the most important figures."""
        line: Line = [(time.strftime("%H:%M:%S  "), ""), *summary(figures)]
        print(shown(line, WIDE, colour=False), flush=True)


class Json:
    """One JSON object a look."""

    def show(self, figures: Figures) -> None:
        """Print all figures."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print_json({"at": at} | asdict(figures))
        sys.stdout.flush()


class Whole:
    """The whole frame, once."""

    def __init__(self, title: str) -> None:
        self._screen = Screen(title)

    def show(self, figures: Figures) -> None:
        """Print it."""
        self._screen.take(figures, 0)
        for line in self._screen.lines:
            print(shown(line, WIDE, colour=sys.stdout.isatty()))


class Screen:
    """What the terminal shows: the latest frame, also while nobody answers.

    Args:
        title: stands above it.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._known: Figures | None = None
        self._known_s = 0.0
        self.lines: Sequence[Line] = [[(title, "head"), ("   asking …", "dim")]]

    def take(self, figures: Figures, at_s: float) -> None:
        """Take the figures of a moment."""
        if figures.gone is None:
            self._known, self._known_s = figures, at_s
            over = f"   over {figures.over_s:.0f} s" if figures.over_s else ""
            title: Line = [(self._title, "head"), (over, "dim")]
            self.lines = [title, *frame(figures)]
            return
        head: Line = [(self._title, "head"), (f"   NO ANSWER: {figures.gone}", "bad")]
        if self._known is None:
            self.lines = [head, [("It is asked again and again; q ends.", "dim")]]
            return
        age = f"This is how it was {at_s - self._known_s:.0f} s ago."
        old: list[Line] = [
            [(word, "dim") for word, _ in line] for line in frame(self._known)
        ]
        self.lines = [head, [(age, "bad")], *old]
