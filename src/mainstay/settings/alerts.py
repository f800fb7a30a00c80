"""The settings that say who is told of alerts where there is no Alertmanager."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from mainstay.domain.errors import MainstayError
from mainstay.settings.files import file_fault
from mainstay.settings.forms import addressees, mail_server, page_address
from mainstay.settings.part import Part
from mainstay.settings.providers import BaseUrl
from mainstay.settings.variable import Var

MIN_ROUTING_KEY = 32
"""PagerDuty's integration keys have 32 characters."""

MAX_RULES_BYTES = 1_000_000
"""The file that comes with Mainstay has 20,000."""

TOLD = (
    "alert_slack_url",
    "alert_pagerduty_key",
    "alert_webhook_url",
    "alert_email_to",
    "alert_heartbeat_url",
)
"""The fields that name somebody who is told."""

PageAddress = Annotated[SecretStr, AfterValidator(page_address)]
MailServerAddress = Annotated[SecretStr, AfterValidator(mail_server)]
Addressees = Annotated[str, BeforeValidator(addressees)]


class AlertSettings(Part):
    """Who is told, of what; a part of ``Settings``. Nobody is where nothing is set."""

    alert_slack_url: Annotated[
        PageAddress | None,
        Var("ALERT_SLACK_URL", "A Slack incoming webhook that tells of alerts.", True),
    ] = None
    alert_pagerduty_key: Annotated[
        Annotated[SecretStr, Field(min_length=MIN_ROUTING_KEY)] | None,
        Var(
            "ALERT_PAGERDUTY_KEY",
            "Integration key of PagerDuty's Events API v2; told of `page` only.",
            True,
        ),
    ] = None
    alert_pagerduty_url: Annotated[
        BaseUrl,
        Var("ALERT_PAGERDUTY_URL", "Address of PagerDuty's events, e.g. Europe's."),
    ] = "https://events.pagerduty.com"
    alert_webhook_url: Annotated[
        PageAddress | None,
        Var(
            "ALERT_WEBHOOK_URL",
            "Takes every alert as Alertmanager's webhooks do, version 4.",
            True,
        ),
    ] = None
    alert_email_to: Annotated[
        Addressees | None,
        Var("ALERT_EMAIL_TO", "Addresses that get alerts, with commas between them."),
    ] = None
    alert_email_from: Annotated[
        Addressees | None,
        Var(
            "ALERT_EMAIL_FROM", "Address that mail is from.", default="the first of to"
        ),
    ] = None
    alert_smtp_url: Annotated[
        MailServerAddress | None,
        Var(
            "ALERT_SMTP_URL",
            "Where mail is handed in: `smtp://user:password@host:587` (STARTTLS), "
            "`smtps://…:465`, or `smtp+plain://localhost:25` without a password.",
            True,
        ),
    ] = None
    alert_heartbeat_url: Annotated[
        PageAddress | None,
        Var(
            "ALERT_HEARTBEAT_URL",
            "Gets a POST a minute while alerting works, e.g. a dead man's switch.",
            True,
        ),
    ] = None
    alert_rules: Annotated[
        Path | None,
        Var(
            "ALERT_RULES",
            "A Prometheus rule file to go by.",
            default="the one that comes with Mainstay",
        ),
    ] = None
    alert_repeat_hours: Annotated[
        float,
        Field(ge=0.25, le=168),
        Var("ALERT_REPEAT_HOURS", "Hours until what still fires is told again."),
    ] = 4
    alert_source: Annotated[
        Annotated[str, Field(min_length=1, max_length=100)] | None,
        Var(
            "ALERT_SOURCE",
            "What alerts call this deployment; two with one PagerDuty key need two.",
            default="`mainstay-` and MAINSTAY_ENV",
        ),
    ] = None
    alert_docs_url: Annotated[
        BaseUrl | None,
        Var(
            "ALERT_DOCS_URL",
            "Where the folder `docs` of Mainstay can be read, for links to runbooks.",
        ),
    ] = None

    @property
    def alerts_somebody(self) -> bool:
        """Whether there is anybody to tell."""
        return any(getattr(self, name) for name in TOLD)


def alert_faults(
    tried: frozenset[str], values: Mapping[str, str], *, whole: bool
) -> list[str]:
    """Mail needs a server; a rule file must be there."""
    found: list[str] = []
    if "ALERT_EMAIL_TO" in tried and whole and "ALERT_SMTP_URL" not in tried:
        found.append("ALERT_SMTP_URL not set; ALERT_EMAIL_TO needs it")
    path = values.get("ALERT_RULES")
    return found if path is None else [*found, *_rule_faults(Path(path))]


def _rule_faults(path: Path) -> list[str]:
    from mainstay.monitoring.alerting.rules import load

    if fault := file_fault(path, MAX_RULES_BYTES):
        return [f"ALERT_RULES: {path}: {fault}"]
    try:
        load(path)
    except MainstayError as error:
        return [f"ALERT_RULES: {error}"]
    return []
