"""The reference set-up: every drill holds in it, and then every check passes."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

RULES = """
groups:
  - name: one
    rules:
      - alert: QueueOld
        expr: mainstay_queue_oldest_age_seconds > 60
"""
NAMES = (
    *("claude-outage", "worker-loss", "queue-stall", "database-restart"),
    "cost-spike",
)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_drill_holds_and_every_check_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL, RabbitMQ, Redis and Alertmanager; as in production."""
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "runbooks").mkdir()
    day = datetime.now(UTC).date()
    (tmp_path / "runbooks" / "QueueOld.md").write_text(f"Last reviewed: {day}\n")
    monkeypatch.setenv("ALERT_RULES", str(tmp_path / "rules.yml"))
    monkeypatch.setenv("MAINSTAY_RUNBOOKS", str(tmp_path / "runbooks"))
    reports = tmp_path / "reports"
    command = [sys.executable, "-m", "mainstay.testing.reference"]
    done = subprocess.run(
        [*command, str(tmp_path / "data"), "--play", str(reports)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("the hypothesis held") == len(NAMES)
    assert "Ready to deploy" in done.stdout
    for name in NAMES:
        page = (reports / f"{name}.md").read_text()
        assert "**Result**: it held" in page
        assert (reports / f"{name}.svg").read_text().startswith("<svg ")
