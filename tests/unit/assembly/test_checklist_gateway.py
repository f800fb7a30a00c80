"""The gateway that is knocked at: one that runs, or one that says nothing."""

from mainstay.assembly.checklist.processes import for_a_knock
from mainstay.assembly.receivers import SIGNALS, places
from mainstay.ports.members import Member, gateway_of
from mainstay.settings import load

ALERTS = {
    "ALERT_SLACK_URL": "https://h/x",
    "ALERT_PAGERDUTY_KEY": "0123456789abcdef0123456789abcdef",
    "ALERT_WEBHOOK_URL": "http://h:1/x",
    "ALERT_HEARTBEAT_URL": "http://h/x",
    "ALERT_SMTP_URL": "smtps://u:p@h",
    "ALERT_EMAIL_TO": "a@b.c",
}
EXPORTS = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318/",
    "DATADOG_API_KEY": "dd-secret",
}


def test_a_gateway_is_found_that_has_said_where_it_is() -> None:
    """Alone, or beside other roles; a worker is none."""
    worker, mute = Member("a", "worker", "http://a"), Member("b", "gateway", "")
    both = Member("c", "gateway+worker", "http://c")
    assert gateway_of([worker, mute, both]) == "http://c"
    assert gateway_of([worker, mute]) is None


def test_it_neither_watches_alerts_nor_exports() -> None:
    """Somebody on call would be told by a process that ends a moment later."""
    settings = load({"ANTHROPIC_API_KEY": "k"} | ALERTS | EXPORTS)
    assert settings.alerts_somebody
    quiet = for_a_knock(settings)
    assert not quiet.alerts_somebody
    assert not any(places(quiet, signal) for signal in SIGNALS)
    assert quiet.otel_disabled
    assert quiet.api_port == 0
    assert settings.alerts_somebody
