"""The page on traces has every attribute there is, and no other."""

import re
from pathlib import Path

from mainstay.monitoring import semantics

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "traces.md"
OF_METRICS = {
    semantics.OPERATION_DURATION, semantics.USED_TOKENS, semantics.TYPE_OF_TOKENS,
}  # fmt: skip
ATTRIBUTE = re.compile(r"(?:error|gen_ai|http|mainstay|mcp|messaging|url)\.[a-z_.]+")


def test_the_page_has_each_attribute() -> None:
    """As the one module of names has it."""
    values = [value for name, value in vars(semantics).items() if name.isupper()]
    named = {v for v in values if isinstance(v, str) and ATTRIBUTE.fullmatch(v)}
    shown = re.findall(rf"`({ATTRIBUTE.pattern})`", PAGE.read_text())
    assert named
    assert set(shown) == named - OF_METRICS


def test_the_page_has_each_event() -> None:
    """That is made into a span, beside the span."""
    source = Path(semantics.__file__).with_name("spans.py").read_text()
    taken = set(re.findall(r"^        (\w+): (?:edges|turns)", source, re.MULTILINE))
    assert len(taken) > 5
    assert taken <= set(re.findall(r"`(\w+)`", PAGE.read_text()))
