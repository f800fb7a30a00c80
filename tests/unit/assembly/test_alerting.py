"""Settings become senders, rules and the address of a page."""

from pathlib import Path

import pytest

from mainstay.assembly.alerting import options_of, senders_of
from mainstay.assembly.pages import page_of
from mainstay.settings import Settings, load
from mainstay.system.network import machine_name

KEY = "0123456789abcdef0123456789abcdef"
BASE = {"ANTHROPIC_API_KEY": "k"}
ALL = {
    "ALERT_SLACK_URL": "https://hooks.example/x",
    "ALERT_PAGERDUTY_KEY": KEY,
    "ALERT_WEBHOOK_URL": "https://hooks.example/y",
    "ALERT_HEARTBEAT_URL": "https://hooks.example/z",
    "ALERT_EMAIL_TO": "a@b.example,c@b.example",
    "ALERT_SMTP_URL": "smtp://u:p%40s@h.example",
}


def settings_of(**env: str) -> Settings:
    """Return settings."""
    return load(BASE | env)


def test_each_setting_is_a_sender() -> None:
    """People are told again after the hours that are set, the heartbeat each minute."""
    senders = senders_of(settings_of(ALERT_REPEAT_HOURS="2", **ALL))
    repeats = {sender.name: sender.repeat_s for sender in senders}
    people = dict.fromkeys(("slack", "pagerduty", "webhook", "email"), 7200)
    assert repeats == {**people, "heartbeat": 60}


def test_nothing_set_is_nobody() -> None:
    """The shipped rules are there all the same."""
    options = options_of(settings_of())
    assert options.senders == []
    assert options.source == "mainstay-development"
    assert "MainstayNoWorkers" in options.severities


def test_documentation_and_name_are_given() -> None:
    """Links end with one slash before the path."""
    options = options_of(
        settings_of(ALERT_SOURCE="shop", ALERT_DOCS_URL="https://git.example/main/")
    )
    assert (options.source, options.docs) == ("shop", "https://git.example/main/")


@pytest.mark.parametrize(
    ("env", "host", "page"),
    [
        ({}, "0.0.0.0", "127.0.0.1:8080"),  # noqa: S104 - is not bound
        ({}, "10.1.2.3", "10.1.2.3:8080"),
        ({}, "::1", "[::1]:8080"),
        ({"DATABASE_URL": "postgresql://u:p@127.0.0.1/x"}, "0.0.0.0", "127.0.0.1:8080"),  # noqa: S104
        ({"DATABASE_URL": "postgresql:///x"}, "::", "127.0.0.1:8080"),
    ],
)
async def test_a_page_is_where_others_reach_it(
    env: dict[str, str], host: str, page: str
) -> None:
    """Towards the database where it listens everywhere."""
    settings = settings_of(**env).model_copy(update={"host": host})
    assert (await page_of(settings, "http://127.0.0.1:8080")).address == page


@pytest.mark.parametrize(
    ("env", "host", "machine"),
    [
        ({"DATABASE_URL": "postgresql://u:p@10.0.0.9/x"}, "127.0.0.1", machine_name()),
        ({"DATABASE_URL": "postgresql://u:p@10.0.0.9/x"}, "::1", machine_name()),
        ({"DATABASE_URL": "postgresql:///x"}, "0.0.0.0", machine_name()),  # noqa: S104
        ({"DATABASE_URL": "postgresql://u:p@10.0.0.9/x"}, "10.1.2.3", ""),
        ({"DATABASE_URL": "postgresql://u:p@10.0.0.9/x"}, "worker-1", ""),
        ({}, "127.0.0.1", ""),
    ],
)
async def test_loopback_leads_there_from_one_machine(
    env: dict[str, str], host: str, machine: str
) -> None:
    """Of those that may share a database; a store of a machine has no others."""
    settings = settings_of(**env).model_copy(update={"host": host})
    assert (await page_of(settings, "http://127.0.0.1:8080")).machine == machine


def test_a_rule_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    """No rule is added by itself."""
    file = tmp_path / "rules.yml"
    file.write_text("groups:\n  - rules:\n    - alert: A\n      expr: a > 1\n")
    assert list(options_of(settings_of(ALERT_RULES=str(file))).severities) == ["A"]
