"""The rules that tests wait for are the rules, but for time."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.acceptance.hurried import AGES, DAYS, LEAST_S, TIMES, UNIT_S, hurried
from tests.unit.alerts.rule_file import RULES

from mainstay.monitoring.alerts import SHIPPED
from mainstay.testing.servers.prometheus import promtool

UNITS_S = {**UNIT_S, "s": 1}


def timeless(rule: dict[str, Any], times: int) -> dict[str, Any]:
    """Return a rule without how long anything takes."""
    expr = re.sub(r"\[\d+\w\]", "[]", rule["expr"])
    for condition, age_s in AGES.items():
        quick = condition.replace(str(age_s), str(age_s // times))
        expr = expr.replace(condition, "AGE").replace(quick, "AGE")
    return {**rule, "expr": expr, "for": "for" in rule}


def looks_s(rule: dict[str, Any]) -> list[int]:
    """Return the seconds that it looks back."""
    found = re.findall(r"\[(\d+)(\w)\]", rule["expr"])
    return [int(amount) * UNITS_S[unit] for amount, unit in found]


def waits_s(rule: dict[str, Any]) -> list[int]:
    """Return the seconds that it waits, if it does."""
    found = re.findall(r"(\d+)(\w)", rule.get("for", ""))
    return [int(amount) * UNITS_S[unit] for amount, unit in found]


@pytest.mark.parametrize("times", [TIMES, DAYS])
def test_nothing_but_time_differs(tmp_path: Path, times: int) -> None:
    """Each span is so small a part; all else is the same, and Prometheus takes it."""
    text = hurried(SHIPPED.read_text(), times)
    groups = yaml.safe_load(text)["groups"]
    fast = [rule for group in groups for rule in group["rules"]]
    assert [timeless(r, times) for r in fast] == [timeless(r, times) for r in RULES]
    for quick, rule in zip(fast, RULES, strict=True):
        assert looks_s(quick) == [max(LEAST_S, s // times) for s in looks_s(rule)]
        assert waits_s(quick) == [s // times for s in waits_s(rule)]
    file = tmp_path / "rules.yml"
    file.write_text(text)
    code, told = promtool("check", "rules", str(file))
    assert code == 0, told
