"""Alerting without Prometheus, built from settings."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from mainstay.assembly.parts import start
from mainstay.assembly.storage import Storage
from mainstay.monitoring.alerting.alert import Alert
from mainstay.monitoring.alerting.fetching import fetch
from mainstay.monitoring.alerting.notice import Notice, NotSent, Sender
from mainstay.monitoring.alerting.rules import AlertRule, load
from mainstay.monitoring.alerting.senders.email import Email, MailServer
from mainstay.monitoring.alerting.senders.heartbeat import Heartbeat
from mainstay.monitoring.alerting.senders.pagerduty import PagerDuty
from mainstay.monitoring.alerting.senders.slack import Slack
from mainstay.monitoring.alerting.senders.webhook import Webhook
from mainstay.monitoring.alerting.surroundings import Surroundings, WatcherOptions
from mainstay.monitoring.alerting.watcher import Watcher
from mainstay.monitoring.alerts import SHIPPED
from mainstay.ports.telemetry import Telemetry
from mainstay.settings import Settings
from mainstay.settings.forms import SMTP_PORTS
from mainstay.system.clock import SystemClock
from mainstay.system.network import machine_name

HOUR_S = 3600.0
TEST_NAME = "MainstayTest"
"""An alert of no rule, which shows that alerts arrive."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of a test alert.

    Args:
        sender: who was to tell.
        fault: why it did not, "" when it did.
    """

    sender: str
    fault: str


async def open_alerting(
    stack: AsyncExitStack, settings: Settings, storage: Storage, telemetry: Telemetry
) -> Watcher:
    """Watch over alerts, or wait to, where there is anybody to tell.

    It stops with the stack, or before that.

    Raises:
        MainstayError: the rules cannot be read.
    """
    around = Surroundings(
        owner=storage.owner,
        shared=storage.store.alerts,
        fetch=partial(fetch, SystemClock()),
        clock=storage.clock,
        telemetry=telemetry,
        options=options_of(settings),
        machine=machine_name(),
    )
    watcher = Watcher(around)
    await start(stack, watcher)
    return watcher


def options_of(settings: Settings) -> WatcherOptions:
    """Return what is watched, and who is told.

    Raises:
        MainstayError: the rules cannot be read.
    """
    docs = f"{settings.alert_docs_url}/" if settings.alert_docs_url else ""
    return WatcherOptions(
        source=_source(settings),
        rules=load(rules_path(settings)),
        senders=senders_of(settings),
        docs=docs,
    )


def rules_path(settings: Settings) -> Path:
    """Return where the rules are: your own, or those that come with this version."""
    return settings.alert_rules or SHIPPED


def alert_rules(settings: Settings) -> list[AlertRule]:
    """Return the rules of alerts.

    Raises:
        MainstayError: they cannot be read.
    """
    rules = load(rules_path(settings))
    return [rule for rule in rules if isinstance(rule, AlertRule)]


def senders_of(settings: Settings) -> list[Sender]:
    """Return everybody who tells."""
    repeat_s, clock = settings.alert_repeat_hours * HOUR_S, SystemClock()
    found: list[Sender] = []
    if url := _plain(settings.alert_slack_url):
        found.append(Slack(url, repeat_s, clock))
    if key := _plain(settings.alert_pagerduty_key):
        found.append(PagerDuty(key, repeat_s, clock, settings.alert_pagerduty_url))
    if url := _plain(settings.alert_webhook_url):
        found.append(Webhook(url, repeat_s, clock))
    if settings.alert_email_to:
        found.append(_email(settings, settings.alert_email_to.split(","), repeat_s))
    if url := _plain(settings.alert_heartbeat_url):
        found.append(Heartbeat(url, clock))
    return found


def send_test(settings: Settings) -> list[Tested]:
    """Have everybody tell of a test alert, and that it is over; blocks meanwhile."""
    now_s = SystemClock().now_ms() / 1000
    source = _source(settings)
    return [
        Tested(sender.name, _fault(sender, source, now_s))
        for sender in senders_of(settings)
    ]


def _source(settings: Settings) -> str:
    return settings.alert_source or f"mainstay-{settings.env}"


def _fault(sender: Sender, source: str, now_s: float) -> str:
    texts = {
        "summary": "A test of alerting",
        "description": "Nothing is wrong: somebody ran mainstay alerts test.",
    }
    firing = Alert(
        name=TEST_NAME,
        labels={"severity": "page"},
        annotations=texts,
        since_s=now_s,
        fired_s=now_s,
    )
    notice = Notice(source=source, name=TEST_NAME, severity="page", firing=[firing])
    over = Notice(source=source, name=TEST_NAME, severity="page", firing=[])
    try:
        sender.send(notice)
        sender.send(over)
    except NotSent as error:
        return str(error)
    return ""


def _email(settings: Settings, to: Sequence[str], repeat_s: float) -> Email:
    parts = urlsplit(_plain(settings.alert_smtp_url))
    tls = {"smtps": "implicit", "smtp+plain": "none"}.get(parts.scheme, "starttls")
    server = MailServer(
        host=parts.hostname or "",
        port=parts.port or SMTP_PORTS[parts.scheme],
        user=None if parts.username is None else unquote(parts.username),
        password=unquote(parts.password or ""),
        tls=tls,
    )
    sender = settings.alert_email_from or to[0]
    return Email(server, sender, to, repeat_s, SystemClock())


def _plain(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
