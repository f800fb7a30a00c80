"""docs/reference/telemetry.md is the one table of events, lines, metrics and labels."""

import re
from dataclasses import fields
from pathlib import Path

from tests.unit.monitoring.every_event import EVERY_EVENT, after
from tests.unit.monitoring.test_metrics import stand

from mainstay.domain.step import Usage
from mainstay.monitoring.event_kinds import KINDS, RENAMED
from mainstay.monitoring.metrics import Metrics
from mainstay.ports.telemetry import TelemetryEvent

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "telemetry.md"
ROW = re.compile(r"^\| `(\w+\.\w+|trouble)` \|(.*)\|$", re.MULTILINE)
METRIC = re.compile(r"^\| `(mainstay_\w+)` \|([^|]*)\|", re.MULTILINE)
FAMILY = re.compile(r"`([a-zA-Z_]+)(?:\{([a-z_,]*)\})?`")

Families = dict[str, tuple[str, ...]]


def rows() -> dict[str, list[str]]:
    """Return the cells of each event's row, after its name."""
    return {name: cells.split(" | ") for name, cells in ROW.findall(PAGE.read_text())}


def families_in(cell: str) -> Families:
    """Return the metrics of a cell and their labels."""
    found = FAMILY.findall(cell)
    return {
        name: tuple(sorted(filter(None, labels.split(",")))) for name, labels in found
    }


def moved_by(events: list[TelemetryEvent]) -> Families:
    """Return what events of one kind move, found by counting them."""
    before = [sample for family in Metrics().collect() for sample in family.samples]
    moved: Families = {}
    for family in after(*events).collect():
        for sample in family.samples:
            if sample not in before and not sample.name.endswith("_created"):
                labels = tuple(sorted(set(sample.labels) - {"le"}))
                moved[family.name.removeprefix("mainstay_")] = labels
    return {k: v for k, v in moved.items() if not k.startswith(("process_", "build_"))}


def test_each_event_has_its_row() -> None:
    """And no row is of an event that is none."""
    assert set(rows()) == {name for name, _ in KINDS.values()}


def test_a_row_has_the_fields_of_the_line() -> None:
    """All of them, by their names in the log."""
    for kind, (name, _) in KINDS.items():
        wanted: list[str] = []
        for field in fields(kind):
            if not field.repr:
                continue
            flat = [f.name for f in fields(Usage)] if field.name == "usage" else []
            wanted += flat or [RENAMED.get(field.name, field.name)]
        told = re.findall(r"`(\w+)`", rows()[name][2])
        assert sorted(told) == sorted(wanted), name


def test_a_row_has_the_metrics_that_its_event_moves() -> None:
    """With their labels; found by counting the event, not by reading the code."""
    for kind, (name, _) in KINDS.items():
        moved = moved_by([event for event in EVERY_EVENT if type(event) is kind])
        told = families_in(rows()[name][3])
        if name == "author.metric":
            assert moved == {"custom_basket_size": ("country",)}
            assert told == {"custom_NAME": ("tags",)}
            continue
        assert told == moved, name


def test_the_second_table_has_each_metric_and_no_other() -> None:
    """With its labels; counters by the name that a scrape has."""
    metrics = after(*EVERY_EVENT)
    stand(metrics)
    text = metrics.render().decode()
    scraped = set(re.findall(r"^# TYPE (mainstay_\w+)", text, re.MULTILINE))
    scraped = {n for n in scraped if not n.endswith("_created")}
    found = METRIC.findall(PAGE.read_text())
    table = dict(found)
    assert len(table) == len(found), "a metric has two rows"
    assert set(table) == scraped - {"mainstay_custom_basket_size"}
    for family in metrics.collect():
        labels = {k for sample in family.samples for k in sample.labels} - {"le"}
        for name in (family.name, f"{family.name}_total"):
            if name in table:
                told = {word for word in table[name].strip().split(", ") if word}
                assert told == labels, name
