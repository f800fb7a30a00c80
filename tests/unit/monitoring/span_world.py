"""A world whose turns are traced, and the spans it made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from mainstay.domain.trace import Trace
from mainstay.monitoring.span import Span
from mainstay.monitoring.span_names import SpanNames
from mainstay.monitoring.spans import Spans
from mainstay.ports.clock import Clock
from mainstay.ports.model import Model
from mainstay.ports.telemetry import AnyEvent
from mainstay.ports.tools import ToolDone, ToolOutcome, ToolSpec
from mainstay.system.clock import SystemClock
from mainstay.testing.scripted_tools import ScriptedTool, ScriptedTools
from mainstay.testing.world import Notes, World

SENT = Trace("a" * 32, "1" * 16, sampled=True, state="vendor=1", parent_id="2" * 16)
LOOK = ToolSpec("look", "Look.", {"type": "object", "properties": {}}, False, "unsafe")


@dataclass
class Kept:
    """Keeps spans, as an exporter would take them."""

    spans: list[Span] = field(default_factory=list[Span])

    def offer(self, span: Span) -> None:
        """Keep one."""
        self.spans.append(span)

    def named(self, name: str) -> list[Span]:
        """Return the spans whose name begins so."""
        return [span for span in self.spans if span.name.startswith(name)]

    def one(self, name: str) -> Span:
        """Return the only span whose name begins so."""
        (found,) = self.named(name)
        return found


@dataclass(slots=True)
class TracedNotes(Notes):
    """Keeps events, and makes spans of them."""

    spans: Spans | None = None

    def emit(self, event: AnyEvent) -> None:
        """Take one event."""
        Notes.emit(self, event)
        assert self.spans is not None
        self.spans.take(event)


class Prompt(Spans):
    """Makes each span at once, which is easier to look at."""

    @override
    def take(self, event: AnyEvent) -> None:
        """Take one event."""
        Spans.take(self, event)
        self.make()


def spans(kept: Kept, clock: Clock | None = None, *, content: bool = False) -> Spans:
    """Return what makes spans for a test."""
    said = SpanNames(agent="World", with_content=content)
    return Prompt(kept, clock or SystemClock(), said)


def traced_world(
    folder: Path,
    model: Model,
    kept: Kept,
    *outcomes: ToolOutcome,
    content: bool = False,
) -> World:
    """Return a world with a tool, whose events become spans.

    Args:
        folder: for its store.
        model: answers.
        kept: takes the spans.
        outcomes: of the tool's calls, in order; done when there are no more.
        content: whether spans hold what was said.
    """
    left = list(outcomes)
    look = ScriptedTool(
        spec=LOOK, answer=lambda _, __: left.pop(0) if left else ToolDone("there")
    )
    notes = TracedNotes(spans=spans(kept, content=content))
    return World(folder, model, ScriptedTools(look), notes=notes)


def texts(kept: Sequence[Span]) -> str:
    """Return all that spans say."""
    return str([(span.name, span.attributes, span.message) for span in kept])
