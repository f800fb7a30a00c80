"""The rules: each says how bad it is, what it saw, and where to read on."""

import re

import pytest
from tests.unit.alerts.rule_file import (
    ALERTS,
    ROOT,
    RULES,
    documented,
    family,
    metrics_in,
)

from mainstay.monitoring.alerts import SHIPPED
from mainstay.testing.servers.prometheus import promtool

SEVERITIES = {"page", "ticket", "info", "none"}
DEPLOYED = ROOT / "deploy" / "alerts" / "rules.yml"
LINK = "{{{{ $externalLabels.mainstay_docs }}}}docs/runbooks/{}.md"


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_whole(name: str) -> None:
    """Severity, summary, a description with the number, and its runbook."""
    alert = ALERTS[name]
    texts = alert["annotations"]
    assert name.startswith("Mainstay")
    assert set(alert["labels"]) == {"severity"}
    assert alert["labels"]["severity"] in SEVERITIES
    assert set(texts) == {"summary", "description", "runbook_url"}
    assert "{{ $value" in texts["description"]
    assert texts["runbook_url"] == LINK.format(name)


def test_names_are_unique() -> None:
    """An alert is its runbook; a recording is one series."""
    names = [rule.get("alert") or rule["record"] for rule in RULES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_shows_labels_that_it_has(name: str) -> None:
    """A label in a text is one that the expression keeps: its ``by`` names it."""
    alert = ALERTS[name]
    shown = set(re.findall(r"\$labels\.(\w+)", str(alert["annotations"])))
    kept = re.search(r"\bby \(([\w, ]+)\)", alert["expr"])
    if kept:
        assert shown <= set(kept[1].split(", "))
    elif re.search(r"\b(?:max|min|sum|avg|count|absent)\(|:", alert["expr"]):
        assert not shown, "nothing is left of the series' labels"
    else:
        assert shown <= {"instance"}, "a scrape adds it"


def test_its_metrics_exist() -> None:
    """Each is in the table of metrics, which a live scrape is held against."""
    named = {family(name) for rule in RULES for name in metrics_in(rule["expr"])}
    assert named - documented() == set()


def test_prometheus_takes_them() -> None:
    """The whole file, by Prometheus's own check, lint included."""
    code, told = promtool("check", "rules", "--lint=all", "--lint-fatal", str(DEPLOYED))
    assert code == 0, told


def test_deploy_has_the_rules_of_the_wheel() -> None:
    """A container mounts that folder: it holds a copy, and nothing but rules."""
    assert DEPLOYED.read_text() == SHIPPED.read_text(), (
        "copy rules.yml to deploy/alerts"
    )
    assert list(DEPLOYED.parent.iterdir()) == [DEPLOYED]
