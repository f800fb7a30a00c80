"""Rule files: read like YAML, checked whole, or refused with the place."""

from pathlib import Path

import pytest
import yaml

from mainstay.domain.errors import MainstayError
from mainstay.monitoring.alerting import document
from mainstay.monitoring.alerting.rules import (
    AlertRule,
    Recording,
    load,
    rules_of,
)
from mainstay.monitoring.alerts import SHIPPED

SMALL = """
groups:
  # A comment.
  - name: one
    interval: 15s
    rules:
    - record: a:b
      expr: sum(a) # of all
      labels: {}
"""
WHOLE = """
groups:
  - name: one
    rules:
      - record: a:b
        expr: sum(a)
      - alert: TooMany
        expr: |
          a:b
            > 5
        for: 1h30m
        keep_firing_for: 5m
        labels:
          severity: 'page'
        annotations:
          summary: "{{ $value | humanize }} of \\"{{ $labels.x }}\\": too many"
          plain: it's here
"""


def test_the_shipped_rules_are_read_as_yaml_reads_them() -> None:
    """The small reader and PyYAML agree on every text."""
    text = SHIPPED.read_text()
    assert document.read(text) == yaml.safe_load(text)


def test_the_shipped_rules_can_be_evaluated() -> None:
    """All of them, and each alert says how urgent it is and what to do."""
    found = load(SHIPPED)
    alerts = [rule for rule in found if isinstance(rule, AlertRule)]
    assert len(alerts) > 20
    assert {rule.severity for rule in alerts} == {"page", "ticket", "info", "none"}
    assert all("runbook_url" in rule.annotations for rule in alerts)


def test_a_file_is_read_whole() -> None:
    """Texts in quotes, blocks of text, durations."""
    assert document.read(WHOLE) == yaml.safe_load(WHOLE)
    recording, rule = rules_of(WHOLE)
    assert isinstance(recording, Recording)
    assert isinstance(rule, AlertRule)
    assert (rule.name, rule.severity) == ("TooMany", "page")
    assert (rule.for_s, rule.keep_firing_s) == (5400, 300)
    assert rule.annotations["plain"] == "it's here"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "something more expected"),
        ("groups: []", "line 1"),
        (SMALL, "line 8"),
        (WHOLE.replace("sum(a)", "sum(a"), "a:b: '\\)' expected"),
        (WHOLE.replace("sum(a)", "sum("), "a:b: something more expected"),
        (WHOLE.replace("sum(a)", "a{b"), "a:b: something more expected"),
        (WHOLE.replace("sum(a)", 'a{b="\\x"}'), "a:b: .* is no text"),
        (WHOLE.replace("sum(a)", "topk(3, a)"), "topk"),
        (WHOLE.replace("sum(a)", "a offset 5m"), "a:b: not understood: '5m'"),
        (WHOLE.replace("1h30m", "soon"), "TooMany: not a duration: 'soon'"),
        (WHOLE.replace("$value", "$count"), "TooMany: .*not known here"),
        (WHOLE.replace("record: a:b", "alert: TooMany"), "TooMany is there twice"),
        (WHOLE.replace("keep_firing_for", "keep"), "TooMany: keep is not known"),
        (WHOLE.replace("record: a:b", "name: x"), "without alert or record"),
        (WHOLE.replace("        for: 1h30m", "      for: 1h30m"), "line 11"),
        ("groups:\n  - rules: none\n", "rules should be a list"),
        ("a: 1\na: 2\n", "a is there twice"),
        ("- " * 30 + "a", "line 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, reason: str) -> None:
    """With the line, or the rule."""
    with pytest.raises(MainstayError, match=reason):
        rules_of(text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """So that it can be found."""
    with pytest.raises(MainstayError, match=r"none\.yml"):
        load(tmp_path / "none.yml")
