"""Each alert has its case: Prometheus's own tool sees it fire, and clear again."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.alerts.rule_file import ALERTS

from mainstay.testing.servers.prometheus import promtool

CASES = Path(__file__).parent / "cases"


def seen(test: dict[str, Any], name: str) -> list[bool]:
    """Return whether the alert fires, at each look in turn."""
    looks = test["alert_rule_test"]
    assert all(look["alertname"] == name for look in looks)
    return [bool(look["exp_alerts"]) for look in looks]


def test_every_alert_has_its_case() -> None:
    """One file each, of its name, and no more."""
    assert {file.stem for file in CASES.glob("*")} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_fires_and_clears(name: str) -> None:
    """With these labels and these very texts, and its link under ``mainstay_docs``."""
    file = CASES / f"{name}.yml"
    looks = seen(yaml.safe_load(file.read_text())["tests"][0], name)
    assert True in looks
    assert looks[-1] is False, "it must clear"
    code, told = promtool("test", "rules", str(file))
    assert code == 0, told
