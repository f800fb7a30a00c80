"""Who is told of alerts: each form is checked, and no secret is shown."""

from pathlib import Path

import pytest

from mainstay.settings import faults, load

KEY = "0123456789abcdef0123456789abcdef"
BASE = {"ANTHROPIC_API_KEY": "k"}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ALERT_SLACK_URL", "hooks.slack.com/secret", "https://host/path"),
        ("ALERT_WEBHOOK_URL", "ftp://secret", "https://host/path"),
        ("ALERT_HEARTBEAT_URL", "http://:80/secret", "https://host/path"),
        ("ALERT_PAGERDUTY_KEY", "secret", "at least 32"),
        ("ALERT_SMTP_URL", "mail.example:secret", "smtp://user:password@host:587"),
        ("ALERT_SMTP_URL", "smtp+plain://u:secret@h:25", "a password goes by smtp://"),
        ("ALERT_EMAIL_TO", "ops", "ops@example.com"),
        ("ALERT_EMAIL_TO", "Ops <ops@example.com>", "ops@example.com"),
        ("ALERT_REPEAT_HOURS", "0", "0.25"),
        ("ALERT_RULES", "none.yml", "none.yml"),
    ],
)
def test_a_fault_is_named(name: str, value: str, reason: str) -> None:
    """With the setting and the form, and nothing of a secret."""
    found = [one for one in faults(BASE | {name: value}) if one.startswith(name)]
    assert len(found) == 1, found
    assert reason in found[0]
    assert "secret" not in found[0]


def test_mail_needs_a_server() -> None:
    """It cannot be guessed."""
    found = faults(BASE | {"ALERT_EMAIL_TO": "ops@example.com"})
    assert found == ["ALERT_SMTP_URL not set; ALERT_EMAIL_TO needs it"]


def test_rules_are_checked_before_the_start(tmp_path: Path) -> None:
    """One that cannot be evaluated is named."""
    file = tmp_path / "rules.yml"
    file.write_text("groups:\n  - rules:\n    - alert: A\n      expr: topk(1, a)\n")
    (fault,) = faults(BASE | {"ALERT_RULES": str(file)})
    assert "A: topk() is not known here" in fault


@pytest.mark.parametrize(
    ("given", "somebody"),
    [
        ({}, False),
        ({"ALERT_SMTP_URL": "smtp://h"}, False),
        ({"ALERT_SLACK_URL": "https://h/x"}, True),
        ({"ALERT_PAGERDUTY_KEY": KEY}, True),
        ({"ALERT_WEBHOOK_URL": "http://h:1/x"}, True),
        ({"ALERT_HEARTBEAT_URL": "http://h/x"}, True),
        ({"ALERT_SMTP_URL": "smtps://u:p@h", "ALERT_EMAIL_TO": "a@b.c, d@e.f"}, True),
    ],
)
def test_who_is_set_is_told(given: dict[str, str], *, somebody: bool) -> None:
    """Nobody watches where nobody is told."""
    assert load(BASE | given).alerts_somebody == somebody
