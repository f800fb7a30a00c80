"""The rules keep to the part of PromQL that the file's head names."""

import re
from typing import Any

import pytest
from tests.unit.alerts.rule_file import ALERTS, RULES

from mainstay.monitoring.alerts import SHIPPED

RANGED = {"rate", "increase", "deriv"} | {
    f"{how}_over_time" for how in ("max", "min", "avg")
}
PLAIN = {"absent", "time"}
AGGREGATES = {"sum", "max", "min", "avg", "count"}
WORDS = {"and", "or", "unless"}
METRIC = re.compile(r"(?:mainstay|process)[_:][\w:]+")
TOKEN = re.compile(
    r"\s+|(?P<grouping>(?:by|without) \([a-z_, ]+\))"
    r'|(?P<selector>\{[^}]*\})|(?P<range>\[[^\]]*\])|(?P<text>"[^"]*")'
    r"|(?P<name>[a-zA-Z_:][\w:]*)|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign>==|!=|>=|<=|[-+*/<>(),])"
)
MATCHER = re.compile(r'\s*\w+(?:=~|!~|!=|=)"[^"]*"\s*')
SPAN = re.compile(r"\[\d+[mhd]\]")
ARGUMENT = re.compile(r"\([\w:]+(?:\{[^}]*\})?\[\d+[mhd]\]\)")
FILLED = re.compile(
    r"\{\{ (?:\$value|\$labels\.\w+)(?: \| humanize(?:Percentage|Duration)?)? \}\}"
    r"|\{\{ \$externalLabels\.mainstay_docs \}\}"
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert", "record"))
def test_an_expression_keeps_to_the_subset(rule: dict[str, Any]) -> None:
    """Known functions and words, plain matchers, spans of one unit; nothing else."""
    called: list[tuple[str, str]] = []
    text, at = rule["expr"].strip(), 0
    while at < len(text):
        found = TOKEN.match(text, at)
        assert found, text[at:]
        at = found.end()
        kind, said = found.lastgroup, found.group()
        if kind == "selector":
            assert all(MATCHER.fullmatch(one) for one in said[1:-1].split(", ")), said
        if kind == "range":
            assert SPAN.fullmatch(said), said
        if kind == "name" and not METRIC.fullmatch(said) and said not in WORDS:
            called.append((said, text[at:]))
    assert {name for name, _ in called} <= RANGED | PLAIN | AGGREGATES
    for name, rest in called:
        # A function over time is over a selector: there are no subqueries.
        assert name not in RANGED or ARGUMENT.match(rest), rest


@pytest.mark.parametrize("name", ALERTS)
def test_a_text_keeps_to_the_subset(name: str) -> None:
    """Values, labels and three ways to show them."""
    for text in ALERTS[name]["annotations"].values():
        assert "{" not in FILLED.sub("", text), text


def test_the_head_names_the_subset() -> None:
    """What is allowed here is said where rules are written."""
    head = SHIPPED.read_text().partition("\ngroups:")[0]
    for word in RANGED | PLAIN | AGGREGATES | {"and", "or", "unless", "without"}:
        assert re.search(rf"\b{word}\b", head), word


def test_the_file_is_plain_yaml() -> None:
    """A line is a key, an item, a comment or part of a block, indented by two."""
    block = None
    for line in SHIPPED.read_text().partition("\ngroups:")[2].splitlines():
        indent = len(line) - len(line.lstrip())
        if block is not None and (not line or indent > block):
            continue
        block = indent if line.endswith(": |") else None
        assert indent % 2 == 0
        assert not line or re.fullmatch(
            r' *(?:- )?\w+:(?: \|| "[^"\\]*"| [^"\'&*!|>#\[\]%@`][^#]*)?', line
        ), line
