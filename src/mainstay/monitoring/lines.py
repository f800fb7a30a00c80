"""The lines that the log writes: JSON for machines, or text for a console.

A logging library would do this too; the one that did cost every process 2.5 MB and each
line more time, for a timestamp, a level and ``json.dumps``.
"""

import json
import logging
import re
import time
from collections.abc import Mapping
from typing import Any, TextIO

from mainstay.domain.moment import timestamp

BOLD, DIM, OFF = "\x1b[1m", "\x1b[2m", "\x1b[0m"
COLOURS: Mapping[int, str] = {
    logging.DEBUG: DIM,
    logging.WARNING: "\x1b[33m",
    logging.ERROR: "\x1b[31m",
}
EVENT_WIDTH = 24
WORD = re.compile(r"[\w.:/@+-]+")


class Lines:
    """Writes a line an event.

    Args:
        as_json: JSON lines, else readable ones.
        stream: where to; coloured where it is a terminal.
    """

    def __init__(self, *, as_json: bool, stream: TextIO) -> None:
        self._stream = stream
        self._as_json = as_json
        self._coloured = not as_json and stream.isatty()

    def log(self, level: int, event: str, **told: Any) -> None:
        """Write one line.

        Raises:
            OSError: the stream does not take it, and so it is lost.
            ValueError: the same; it is closed, or its encoding lacks a character.
        """
        name = logging.getLevelName(level).lower()
        now_ms = time.time() * 1000  # noqa: TID251 - when it is written, by this machine
        at = timestamp(now_ms)
        if self._as_json:
            whole = {"timestamp": at, "level": name, "event": event, **told}
            line = json.dumps(whole, default=repr)
        else:
            line = self._readable(at, level, name, event, told)
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def _readable(
        self, at: str, level: int, name: str, event: str, told: Mapping[str, Any]
    ) -> str:
        fields = " ".join(f"{key}={_shown(value)}" for key, value in told.items())
        level_, event_ = f"{name:8}", f"{event:{EVENT_WIDTH}}"
        if self._coloured:
            level_ = f"{COLOURS.get(level, '')}{level_}{OFF}"
            event_, at = f"{BOLD}{event_}{OFF}", f"{DIM}{at}{OFF}"
        return f"{at} {level_} {event_} {fields}"


def _shown(value: Any) -> str:
    """Return a value as it is when it is one word, else quoted."""
    return value if isinstance(value, str) and WORD.fullmatch(value) else repr(value)
