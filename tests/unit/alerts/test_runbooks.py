"""The runbooks: one for each alert, whole, and true to the product."""

import re
import shlex
import subprocess
import sys
from datetime import UTC, date, datetime
from itertools import takewhile
from pathlib import Path

import pytest
from tests.unit.alerts.rule_file import (
    ALERTS,
    ROOT,
    RUNBOOKS,
    documented,
    family,
    metrics_in,
)

from mainstay.testing.servers.prometheus import promtool

INDEX = RUNBOOKS / "README.md"
HEADS = [
    "Meaning",
    "Impact",
    "Diagnosis",
    "Mitigation",
    "Verify",
    "Rollback",
    "Last drilled",
]
CALLED = {"page": "Page", "ticket": "Ticket", "info": "Info", "none": "Heartbeat"}
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(mainstay [^`]+)`")
COMMAND = re.compile(r"(?:\w+=\S+ )*mainstay (.+)")
ROUTE = re.compile(r"curl -s (?:-X (\w+) )?\$URL(/[^\s]*)(.*)")
SERVED = re.compile(r"`(GET|POST|DELETE) (/[^`?\s]*)")
RECORDED = re.compile(r"\bmainstay:[\w:]+")
ROW = re.compile(r"^\| \[(\w+)\]\(\1\.md\) \| (\w+) \|", re.MULTILINE)
OTHERS = re.compile(r'\bprocess_\w+(?!\w|\{job=~"mainstay\.\*\|"\})')
"""A metric that every program has, without the jobs that are ours."""

SUM = re.compile(r"(\w+)_sum\b(\[\w+\])?")

LAST = re.compile(
    r"Reviewed (\d{4}-\d\d-\d\d)\. "
    r"(?:Never drilled: [^.]+|Drilled (\d{4}-\d\d-\d\d): `(tests/[\w/.]+)` [^.]+)\."
)


def text_of(name: str) -> str:
    """Return a runbook."""
    return (RUNBOOKS / f"{name}.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the blocks of a language on all pages."""
    pages = [file.read_text() for file in sorted(RUNBOOKS.glob("*.md"))]
    found = [block for page in pages for block in BLOCK.findall(page)]
    return [body for kind, body in found if kind == language]


def lines(language: str) -> set[str]:
    """Return the lines of these blocks."""
    return {line.strip() for body in blocks(language) for line in body.splitlines()}


def commands() -> set[tuple[str, ...]]:
    """Return what is called of ``mainstay``, with its options and without values."""
    pages = [file.read_text() for file in sorted(RUNBOOKS.glob("*.md"))]
    said = {one for page in pages for one in INLINE.findall(page)} | lines("sh")
    called = filter(None, map(COMMAND.fullmatch, said))
    return {tuple(shlex.split(command[1])) for command in called}


def test_there_is_one_for_each_alert_and_no_more() -> None:
    """Whoever is called finds the page of the alert's name."""
    assert {file.stem for file in RUNBOOKS.glob("*.md")} == {*ALERTS, "README"}


@pytest.mark.parametrize("name", ALERTS)
def test_it_is_whole(name: str) -> None:
    """Its severity, and every section in its order, none of them empty."""
    text = text_of(name)
    severity = CALLED[ALERTS[name]["labels"]["severity"]]
    assert text.startswith(f"# {name}\n\n**{severity}.** ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADS
    assert all(
        part.strip() for part in re.split(r"^#+ .+$", text, flags=re.MULTILINE)[1:]
    )


@pytest.mark.parametrize("name", ALERTS)
def test_it_says_when_it_was_reviewed_and_drilled(name: str) -> None:
    """Days of the past; a drill names the test that plays it, and there it is."""
    ends = LAST.fullmatch(text_of(name).rpartition("## Last drilled\n\n")[2].strip())
    assert ends, "Reviewed DATE. Drilled DATE: `tests/…` …."
    today = datetime.now(UTC).date()
    for day in filter(None, ends.group(1, 2)):
        assert date.fromisoformat(day) <= today
    if ends[3]:
        assert f'"{name}"' in (ROOT / ends[3]).read_text()


def test_the_index_lists_them_with_their_severity() -> None:
    """In the order of the rules."""
    rows = re.findall(
        r"^\| \[(\w+)\]\(\1\.md\) \| (\w+) \|", INDEX.read_text(), re.MULTILINE
    )
    assert rows == [(n, alert["labels"]["severity"]) for n, alert in ALERTS.items()]


def test_their_metrics_exist() -> None:
    """Each that a page names is in the table of metrics, or recorded by a rule."""
    pages = "\n".join(file.read_text() for file in RUNBOOKS.glob("*.md"))
    assert {family(name) for name in metrics_in(pages)} - documented() == set()
    rules = (ROOT / "deploy" / "alerts" / "rules.yml").read_text()
    assert all(f"record: {name}\n" in rules for name in RECORDED.findall(pages))


def test_prometheus_takes_their_queries(tmp_path: Path) -> None:
    """Each line of a promql block is a query."""
    queries = sorted(lines("promql"))
    assert queries
    rules = "".join(
        f"      - record: query:{n}\n        expr: |\n          {query}\n"
        for n, query in enumerate(queries)
    )
    file = tmp_path / "queries.yml"
    file.write_text(f"groups:\n  - name: runbooks\n    rules:\n{rules}")
    code, told = promtool("check", "rules", str(file))
    assert code == 0, told


def test_their_queries_ask_for_means_of_late() -> None:
    """A sum alone grows with how many there are: its pace is divided by theirs."""
    for query in lines("promql"):
        for metric, over in SUM.findall(query):
            assert over, query
            assert f"rate({metric}_sum{over})) / " in query, query
            assert f"rate({metric}_count{over}))" in query, query


def test_their_queries_find_no_other_programs() -> None:
    """What every program tells is asked of the jobs that are ours, as the rules do."""
    assert [query for query in lines("promql") if OTHERS.search(query)] == []


@pytest.mark.parametrize("command", sorted(commands()), ids=" ".join)
def test_their_commands_exist(command: tuple[str, ...]) -> None:
    """Its help knows each word and option."""
    words = list(takewhile(lambda word: re.fullmatch("[a-z]+", word), command))
    shown = subprocess.run(
        [sys.executable, "-m", "mainstay", *words, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    for option in (word for word in command if word.startswith("--")):
        assert option in shown.stdout


def test_their_requests_exist() -> None:
    """Each route is on the page of the HTTP interface, with what it takes."""
    page = (ROOT / "docs" / "reference" / "http-api.md").read_text()
    served = set(SERVED.findall(page))
    for line in lines("sh"):
        asked = ROUTE.match(line)
        if asked:
            method = asked[1] or ("POST" if " -d " in asked[3] else "GET")
            path = asked[2].replace("$ID", "{id}").replace("$TURN", "{id}")
            assert (method, path) in served, line
