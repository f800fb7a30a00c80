"""What authors record goes where Mainstay's own signals go, and never harms a tool."""

import asyncio
import contextvars
import math
import threading
from decimal import Decimal

import pytest

import mainstay
from mainstay import Agent, record_error, record_latency, record_metric
from mainstay.ports.author_events import (
    ErrorRecorded,
    LatencyRecorded,
    MetricRecorded,
    RecordRefused,
)
from mainstay.ports.tools import ToolContext, ToolDone
from mainstay.testing.world import Notes
from mainstay.tools.functions import FunctionTools
from mainstay.tools.recording import MAX_ENTRIES, RECORDER


class Rude:
    """A value that raises whenever it is looked at."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    def __float__(self) -> float:
        raise RuntimeError("no")


@pytest.fixture
def notes():
    """Telemetry of a process."""
    notes = Notes()
    token = RECORDER.set(notes)
    yield notes
    RECORDER.reset(token)


def test_authors_find_them_in_mainstay() -> None:
    """By the names that the documentation has."""
    for name in ("record_latency", "record_error", "record_metric"):
        assert name in mainstay.__all__
        assert callable(getattr(mainstay, name))


def test_each_call_is_an_event(notes: Notes) -> None:
    """With its figures as they were given."""
    record_latency("price_lookup", 12)
    record_error("stock_mismatch", {"id": "1042", "expected": 3, "at": None})
    record_error("bare")
    record_metric("basket size", Decimal("4.5"), {"country": "de"})
    assert notes.events == [
        LatencyRecorded("price_lookup", 12.0),
        ErrorRecorded("stock_mismatch", {"id": "1042", "expected": 3, "at": None}),
        ErrorRecorded("bare", {}),
        MetricRecorded("basket_size", 4.5, {"country": "de"}),
    ]


def test_words_are_no_labels_and_are_not_logged(notes: Notes) -> None:
    """A customer's sentence, an address: a label is other, a text its length."""
    words = "Where is my parcel, please?"
    record_latency(words, 1.0)
    record_error(words, {"said": words, "mail": "ann@example.com", words: 1})
    record_metric("said", 1, {"text": words, "mail": "ann@example.com"})
    assert notes.events == [
        LatencyRecorded("other", 1.0),
        ErrorRecorded(
            "other",
            {"said": "<27 characters>", "mail": "<15 characters>", "other": 1},
        ),
        MetricRecorded("said", 1.0, {"text": "other", "mail": "other"}),
    ]


def test_a_context_is_bounded(notes: Notes) -> None:
    """Twenty entries, the rest is left out."""
    record_error("big", {f"k{n}": n for n in range(1000)})
    (event,) = notes.events
    assert isinstance(event, ErrorRecorded)
    assert len(event.context) == MAX_ENTRIES


def test_a_context_is_json(notes: Notes) -> None:
    """What JSON has no number for is a word, or its line could not be read."""
    record_error("odd", {"a": math.nan, "b": -math.inf, "c": 0.5})
    assert notes.events == [ErrorRecorded("odd", {"a": "nan", "b": "-inf", "c": 0.5})]


def test_a_whole_number_fits_everywhere_or_is_a_text(notes: Notes) -> None:
    """OTLP has 64 bits, and what Python does not print is refused, not lost."""
    record_error("odd", {"a": 2**63 - 1, "b": -(2**63 - 1), "c": 2**63, "d": 10**99})
    record_error("odd", {"e": 10**5000})
    small, large = {"a": 2**63 - 1, "b": -(2**63 - 1)}, "9223372036854775808"
    assert notes.events == [
        ErrorRecorded("odd", {**small, "c": large, "d": "<100 characters>"}),
        RecordRefused("record_error", "ValueError"),
    ]


def test_nothing_that_is_recorded_raises(notes: Notes) -> None:
    """Wrong figures, wrong types, objects that raise: dropped, and told."""
    for value in (math.nan, math.inf, -1, True, "12", None, Rude()):
        record_latency("x", value)  # pyright: ignore[reportArgumentType]
    for value in (math.nan, -math.inf, False, "1", None, Rude(), 10**400):
        record_metric("x", value)  # pyright: ignore[reportArgumentType]
    record_metric(Rude(), 1)  # pyright: ignore[reportArgumentType]
    record_metric("x", 1, 5)  # pyright: ignore[reportArgumentType]
    record_error("x", {"k": Rude()})
    record_error(Rude())  # pyright: ignore[reportArgumentType]
    assert len(notes.events) == 18
    assert {type(event) for event in notes.events} == {RecordRefused}


def test_outside_of_mainstay_nothing_happens() -> None:
    """A unit test of a tool needs no set-up."""

    def record() -> None:
        record_latency("x", 1.0)
        record_error("x")
        record_metric("x", 1.0)

    contextvars.Context().run(record)


def tools_of(notes: Notes) -> FunctionTools:
    """Return the tools of an agent that records in every way."""
    agent = Agent(name="A", instructions="Help.", contact="a@example.com")

    @agent.tool
    async def look(ctx: ToolContext) -> dict[str, str]:
        """Look, and record."""
        record_metric("at_once", 1.0)
        await asyncio.to_thread(record_metric, "in_a_thread", 2.0)
        copied = contextvars.copy_context()
        own = threading.Thread(target=copied.run, args=(record_error, "in_my_own"))
        own.start()
        own.join()
        await asyncio.create_task(_later())
        return {"found": "yes"}

    return FunctionTools(agent, notes)


async def _later() -> None:
    record_latency("in_a_task", 3.0)


async def test_a_tool_records_to_the_process_that_runs_it() -> None:
    """At once, in a thread, in a task; of two processes in one each has its own."""
    first, second = Notes(), Notes()
    context = ToolContext("ada", "c", "t", "k")
    for notes in (first, second, first):
        told = await tools_of(notes).call("look", {}, context)
        assert isinstance(told, ToolDone)
    once = [
        MetricRecorded("at_once", 1.0, {}),
        MetricRecorded("in_a_thread", 2.0, {}),
        ErrorRecorded("in_my_own", {}),
        LatencyRecorded("in_a_task", 3.0),
    ]
    assert (first.events, second.events) == (once * 2, once)
