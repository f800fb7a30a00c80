"""Running processes tell of alerts: one of them, and another one after its death."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import serving
from tests.unit.monitoring.told_places import Place, place

NO_MODEL = "http://127.0.0.1:9"
KEY = "0123456789abcdef0123456789abcdef"
RULES = """
groups:
  - name: test
    rules:
      - alert: Here
        expr: count(process_start_time_seconds{job="mainstay"}) > 0
        labels:
          severity: page
        annotations:
          summary: "{{ $value }} processes run"
      - alert: Two
        expr: count(up{job="mainstay"} > 0) >= 2
        labels:
          severity: page
"""


@pytest.fixture
def there() -> Iterator[Place]:
    """Give a place to tell."""
    with place() as one:
        yield one


def mainstay(folder: Path, *args: str, **env: str) -> tuple[int, str]:
    """Run a command; return its exit code and all that it printed."""
    kept = {k: os.environ[k] for k in ("PATH", "PYTHONPATH", "HOME") if k in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "mainstay", "alerts", *args],
        env={**kept, "MAINSTAY_DATA": str(folder), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def heard(there: Place) -> list[tuple[str, str]]:
    """Return name and status of each notice."""
    return [(b["groupLabels"]["alertname"], b["status"]) for b in there.bodies]


def board(folder: Path, rules: Path) -> dict[str, Any]:
    """Return what ``mainstay alerts`` shows."""
    code, told = mainstay(folder, "--json", ALERT_RULES=str(rules))
    assert code == 0, told
    return json.loads(told)


def test_one_tells_and_another_follows_it(tmp_path: Path, there: Place) -> None:
    """What was told is not told again, and what was begun is ended."""
    rules, data = tmp_path / "rules.yml", tmp_path / "data"
    rules.write_text(RULES)
    env = {"ALERT_WEBHOOK_URL": there.address, "ALERT_RULES": str(rules)}
    with serving(data, NO_MODEL, "all", **env) as first:
        there.until(1)
        assert heard(there) == [("Here", "firing")]
        with serving(data, NO_MODEL, "gateway", API_WORKERS="1", **env):
            there.until(2)
            assert heard(there)[1:] == [("Two", "firing")]
            before = board(data, rules)
            assert len(before["pages"]) == 2
            states = [(one["alert"], one["state"]) for one in before["alerts"]]
            assert states == [("Here", "firing"), ("Two", "firing")]
            first.process.kill()
            there.until(3)
            assert heard(there)[2:] == [("Two", "resolved")]
            after = board(data, rules)
            assert after["watcher"] != before["watcher"]


def test_the_test_says_who_took_it(tmp_path: Path, there: Place) -> None:
    """Everybody that is set is told; a refusal is an exit code and a reason."""
    env = {
        "ALERT_WEBHOOK_URL": there.address,
        "ALERT_SLACK_URL": f"{there.address}/slack/secret",
        "ALERT_PAGERDUTY_KEY": KEY,
        "ALERT_PAGERDUTY_URL": there.address,
    }
    code, told = mainstay(tmp_path, "test", "--json", **env)
    assert code == 0, told
    assert {one["told_by"] for one in json.loads(told)} == {
        *("webhook", "slack", "pagerduty"),
    }
    assert len(there.heard) == 6
    there.status = 403
    code, told = mainstay(tmp_path, "test", **env)
    assert code == 1
    assert "answered 403 no such key" in told
    assert "secret" not in told
    code, told = mainstay(tmp_path, "test")
    assert code == 1
    assert "ALERT_SLACK_URL" in told


def test_an_alert_is_silenced_and_heard_again(tmp_path: Path) -> None:
    """By its name, for a time, with a reason; the board shows it."""
    rules, data = tmp_path / "rules.yml", tmp_path / "data"
    rules.write_text(RULES)
    env = {"ALERT_RULES": str(rules)}
    kept = {k: os.environ[k] for k in ("PATH", "PYTHONPATH", "HOME") if k in os.environ}
    migrate = [sys.executable, "-m", "mainstay", "migrate", "--data", str(data)]
    subprocess.run(migrate, env=kept, check=True, capture_output=True, timeout=60)
    why = ("--reason", "a drill")
    code, told = mainstay(data, "silence", "Two", "--for", "2h", *why, **env)
    assert code == 0, told
    row = board(data, rules)["alerts"][1]
    assert (row["alert"], row["state"], row["reason"]) == ("Two", "ok", "a drill")
    assert row["silenced_until"] in told
    assert mainstay(data, "unsilence", "Two", **env)[0] == 0
    assert board(data, rules)["alerts"][1]["silenced_until"] is None
    code, told = mainstay(data, "silence", "Tow", *why, **env)
    assert (code, "no alert Tow" in told) == (1, True)
    code, told = mainstay(data, "silence", "Two", "--for", "soon", *why, **env)
    assert (code, "not a duration" in told) == (2, True)
