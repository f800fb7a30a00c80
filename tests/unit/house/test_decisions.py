"""The decision records: short, whole, and listed."""

import re
from pathlib import Path

import pytest

ADR = Path(__file__).parents[3] / "docs" / "adr"
RECORDS = sorted(ADR.glob("[0-9]*.md"))
MAX_LINES = 50


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_is_short_and_has_its_four_parts(record: Path) -> None:
    """Status, context, decision and consequences, in at most 50 lines."""
    text = record.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    assert text.startswith(f"# {int(record.name[:4])}. ")
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads == ["Status", "Context", "Decision", "Consequences"]


def test_a_record_is_of_a_version_that_is_or_comes_next() -> None:
    """Of the changelog's versions, or of the one that its head will be."""
    log = (ADR.parents[1] / "CHANGELOG.md").read_text()
    known = re.findall(r"^## \[(\d+)\.(\d+)\.(\d+)\]", log, re.MULTILINE)
    major, minor, _ = map(int, known[0])
    allowed = {".".join(one) for one in known} | {f"{major}.{minor + 1}.0"}
    for record in RECORDS:
        status = record.read_text().splitlines()[4]
        assert set(re.findall(r"\d+\.\d+\.\d+", status)) <= allowed, record.name
        assert re.search(r", \d+\.\d+\.\d+\.", status), record.name


def test_the_index_lists_every_record_once_in_order() -> None:
    """A reader finds each record, under its own title."""
    listed = re.findall(r"\[(.+?)\]\(([0-9].+?\.md)\)", (ADR / "README.md").read_text())
    titles = [
        (record.read_text().splitlines()[0].split(". ", 1)[1], record.name)
        for record in RECORDS
    ]
    assert listed == titles
    assert [int(record.name[:4]) for record in RECORDS] == list(
        range(1, len(RECORDS) + 1)
    )
