"""Where lines of the log go besides the stream."""

from collections.abc import Mapping
from typing import Any, Protocol


class LogSink(Protocol):
    """Takes lines of the log."""

    def record(self, level: int, name: str, fields: Mapping[str, Any]) -> None:
        """Take a line, or drop it and count that; never blocks, never raises.

        Args:
            level: as ``logging`` has it.
            name: of the event.
            fields: as they are written, free of secrets and customers' texts.
        """
        ...
