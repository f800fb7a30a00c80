"""The log: one line an event, on standard error."""

import logging
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TextIO, cast

from mainstay.domain.step import Usage
from mainstay.monitoring.event_kinds import RENAMED, told_as
from mainstay.monitoring.lines import Lines
from mainstay.monitoring.log_sink import LogSink
from mainstay.monitoring.redaction import Redaction
from mainstay.ports.correlation import REQUEST_ID, SPAN, TURN_ID
from mainstay.ports.telemetry import TelemetryEvent

MAX_TEXT_CHARACTERS = 500
"""Texts of errors are cut here: a log line is not the place for a response body."""


class EventLog:
    """Writes events at the level that their kind and outcome deserve.

    Args:
        level: the lowest level that is written.
        as_json: JSON lines, else readable ones.
        stream: where to.
        redaction: takes secrets out.
    """

    def __init__(
        self,
        level: str,
        *,
        as_json: bool,
        stream: TextIO,
        redaction: Redaction | None = None,
    ) -> None:
        self._lowest = logging.getLevelNamesMapping()[level]
        self._lines = Lines(as_json=as_json, stream=stream)
        self._redaction = redaction or Redaction()
        self._sinks: tuple[LogSink, ...] = ()

    def send_to(self, sink: LogSink) -> None:
        """Let a sink have each line that is written, and those that cannot be."""
        self._sinks += (sink,)

    def write(self, event: TelemetryEvent) -> bool:
        """Write one event, if its level is high enough; tell whether nothing was lost.

        A broken stream is survived: a full disk must not fail the turn that is told of.
        """
        name, level = told_as(event)
        if level < self._lowest:
            return True
        told = self._fields(event)
        for sink in self._sinks:
            sink.record(level, name, told)
        try:
            self._lines.log(level, name, **told)
        except (OSError, ValueError):
            return False
        return True

    def _fields(self, event: TelemetryEvent) -> dict[str, Any]:
        self._redaction.refresh()
        told = _bearings()
        for field in fields(event):
            if not field.repr:
                continue  # for spans alone
            value = getattr(event, field.name)
            if isinstance(value, Usage):
                told |= {one.name: getattr(value, one.name) for one in fields(value)}
            else:
                told[RENAMED.get(field.name, field.name)] = self._short(value)
        return told

    def _short(self, value: Any) -> Any:
        if isinstance(value, str):
            # Cut last: half a secret would not be recognised.
            return self._redaction.of(" ".join(value.split()))[:MAX_TEXT_CHARACTERS]
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, Any]", value).items()
            return {self._short(name): self._short(one) for name, one in pairs}
        return round(value, 6) if isinstance(value, float) else value


def _bearings() -> dict[str, Any]:
    """Return which request, turn and span a line belongs to, as far as they are known.

    An event's own ids stand in for these.
    """
    trace_id, span_id = SPAN.get()
    known = {
        "request_id": REQUEST_ID.get(),
        "turn_id": TURN_ID.get(),
        "trace_id": trace_id,
        "span_id": span_id,
    }
    return {name: value for name, value in known.items() if value}
