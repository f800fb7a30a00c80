"""Alerts come, fire and go as Prometheus's own do, with the same texts.

Prometheus's tool for testing rules is given what we found, as what it should find.
"""

import json
import math
import random
import subprocess
from pathlib import Path

from mainstay.monitoring.alerting.evaluation import Moment
from mainstay.monitoring.alerting.expression import NAME, Selector
from mainstay.monitoring.alerting.parser import parse
from mainstay.monitoring.alerting.rounds import Rounds
from mainstay.monitoring.alerting.rules import rules_of
from mainstay.monitoring.alerting.samples import Samples
from mainstay.monitoring.alerting.template import plain
from mainstay.testing.servers.server import program

STEP_S = 15
STEPS = 120
PACE_S = 15.007
"""Of samples: beside that of rounds, so that none lies on the edge of a window."""

SEED = 11
ABSENT, STALE = "_", "stale"
RULES = """
groups:
  - name: test
    rules:
      - record: all:load
        expr: sum by (q) (load)
        labels:
          kind: made
      - alert: AtOnce
        expr: load > 5
        labels:
          severity: page
        annotations:
          text: "{{ $labels.q }} {{ $labels.p }}: {{ $value }}, {{ $value | humanize }}"
      - alert: Lasting
        expr: all:load > 8
        for: 1m
        annotations:
          text: "{{ $value | humanizeDuration }} {{ $value | humanizePercentage }}"
      - alert: Lingering
        expr: load > 8
        for: 30s
        keep_firing_for: 1m
        annotations:
          text: "{{ $labels.q }} of kind {{ $labels.kind }}"
      - alert: Missing
        expr: absent(load{q="a", p="1"})
        for: 30s
      - alert: Growing
        expr: increase(hits[2m]) > 40
        labels:
          by: "{{ $labels.q }}"
"""
EXPRESSIONS = ("load", "sum(load)", "count(load) by (q)", "absent(load)", "all:load")

Course = list[float | str]


def courses() -> dict[str, Course]:
    """Return values of series, step by step, with gaps and ends."""
    dice = random.Random(SEED)  # noqa: S311 - dice
    found: dict[str, Course] = {}
    for q in "ab":
        for p in "12":
            found[f'load{{q="{q}", p="{p}"}}'] = _load(dice)
        found[f'hits{{q="{q}"}}'] = _hits(dice)
    return found


def _load(dice: random.Random) -> Course:
    """Return a level that stays for a while, is missing for a while, or ends."""
    values: Course = []
    while len(values) < STEPS:
        level = dice.choice([0.5, 3, 7.25, 9, 12345.5, ABSENT, STALE])
        for n in range(dice.choice([1, 2, 3, 6, 25])):
            values.append(ABSENT if level == STALE and n else level)
    return values[:STEPS]


def _hits(dice: random.Random) -> Course:
    """Return a counter with bursts, begun anew now and then."""
    values, now = list[float | str](), 0
    for _ in range(STEPS):
        now = 0 if dice.random() < 0.03 else now + dice.choice([0, 0, 1, 30])
        values.append(now)
    return values


def fill(samples: Samples, told: dict[str, Course], step: int) -> None:
    """Give the samples that came before a round, after the one before it."""
    first, last = (int(n * STEP_S / PACE_S) for n in (step - 1, step))
    for n in range(first + 1, last + 1):
        _give(samples, told, n)


def _give(samples: Samples, told: dict[str, Course], n: int) -> None:
    for written, course in told.items():
        selector = parse(written)
        assert isinstance(selector, Selector)
        labels = {m.label: m.value for m in selector.matchers}
        series = samples.series({NAME: selector.metric, **labels})
        assert series is not None
        value = course[n]
        if value == STALE:
            series.end()
        elif isinstance(value, int | float):
            series.add(round(n * PACE_S, 3), float(value))


def test_every_state_is_prometheus_s(tmp_path: Path) -> None:
    """At each of a hundred steps, of each alert."""
    told = courses()
    rules = rules_of(RULES)
    rounds = Rounds(rules, {})
    expected: list[dict[str, object]] = []
    firing = 0
    for step in range(STEPS):
        fill(rounds.samples, told, step)
        rounds.play(step * STEP_S)
        for name in ("AtOnce", "Lasting", "Lingering", "Missing", "Growing"):
            alerts = [
                {"exp_labels": dict(a.labels), "exp_annotations": dict(a.annotations)}
                for a in rounds.alerts
                if a.name == name and a.state == "firing"
            ]
            firing += len(alerts)
            at = f"{step * STEP_S}s"
            expected.append({"eval_time": at, "alertname": name, "exp_alerts": alerts})
    assert firing > 100
    _judge(tmp_path, told, {"alert_rule_test": expected})


def test_every_value_is_prometheus_s(tmp_path: Path) -> None:
    """What has ended has no value at once, what is missing has one for five minutes."""
    told = courses()
    nodes = {text: parse(text) for text in EXPRESSIONS}
    rounds = Rounds(rules_of(RULES), {})
    samples = Samples([*nodes.values(), parse("hits")])
    expected: list[dict[str, object]] = []
    for step in range(STEPS):
        fill(samples, told, step)
        fill(rounds.samples, told, step)
        rounds.play(step * STEP_S)
        for text, node in nodes.items():
            of = rounds.samples if text.startswith("all:") else samples
            found = Moment(of, step * STEP_S).evaluate(node)
            shown = [
                {"labels": _written(dict(labels)), "value": value}
                for labels, value in found.items()
            ]
            at = f"{step * STEP_S}s"
            expected.append({"eval_time": at, "expr": text, "exp_samples": shown})
    _judge(tmp_path, told, {"promql_expr_test": expected})


def _written(labels: dict[str, str]) -> str:
    name = labels.pop(NAME, "")
    return name + "{" + ", ".join(f'{k}="{v}"' for k, v in labels.items()) + "}"


def _judge(
    folder: Path, told: dict[str, Course], expected: dict[str, list[dict[str, object]]]
) -> None:
    """Let Prometheus's tool say whether it finds the same."""
    tool = program("promtool", "prometheus")
    (folder / "rules.yml").write_text(RULES)
    series = [
        {"series": written, "values": " ".join([ABSENT, *map(_value, course[1:])])}
        for written, course in told.items()
    ]
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{STEP_S}s",
        "tests": [
            {"interval": f"{PACE_S * 1000:.0f}ms", "input_series": series, **expected}
        ],
    }
    # JSON is YAML too.
    (folder / "test.yml").write_text(json.dumps(test))
    done = subprocess.run(
        [tool, "test", "rules", "test.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[:3000]


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return value
    assert math.isfinite(value)
    return plain(float(value))
