"""Settings to start from are taken by Prometheus and Alertmanager."""

import re
import shutil
from pathlib import Path
from typing import Any

import yaml
from tests.unit.alerts.rule_file import ALERTS, ROOT

from mainstay.testing.servers.alertmanager import amtool
from mainstay.testing.servers.prometheus import promtool

RULES = ROOT / "deploy" / "alerts" / "rules.yml"
FILE = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
PAGE = ROOT / "docs" / "howto" / "alert-with-prometheus.md"
ALERTMANAGER: dict[str, Any] = yaml.safe_load(FILE.read_text())


def test_prometheus_takes_the_how_to(tmp_path: Path) -> None:
    """What is to be copied from the page is whole."""
    (shown,) = re.findall(r"```yaml\n(.+?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "prometheus.yml").write_text(shown)
    shutil.copy(RULES, tmp_path / "mainstay-rules.yml")
    code, told = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert code == 0, told


def test_alertmanager_takes_its_file() -> None:
    """And each alert goes to whom its severity says."""
    file = str(FILE)
    code, told = amtool("check-config", file)
    assert code == 0, told
    goes = {"page": "on-call", "ticket": "tickets", "info": "nobody", "none": "deadman"}
    for name, alert in ALERTS.items():
        severity = alert["labels"]["severity"]
        labels = (f"alertname={name}", f"severity={severity}")
        asked = ("config", "routes", "test", f"--config.file={file}", *labels)
        # A warning may follow, where the machine has settings of amtool's own.
        assert amtool(*asked)[1].split()[0] == goes[severity], name


def test_it_names_alerts_that_there_are() -> None:
    """A rule that inhibits another one is about alerts of the rules."""
    named = re.findall(r"Mainstay\w+", str(ALERTMANAGER))
    assert set(named) <= set(ALERTS)
