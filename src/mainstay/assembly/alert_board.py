"""What the alerts of a deployment are, and its silences, for administration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainstay.assembly.alerting import alert_rules, senders_of
from mainstay.assembly.engines import open_store
from mainstay.domain.errors import MainstayError, NotFound
from mainstay.monitoring.alerting import memory
from mainstay.monitoring.alerting.alert import Alert
from mainstay.monitoring.alerting.memory import Memory
from mainstay.monitoring.alerting.routes import senders_for
from mainstay.monitoring.alerting.rules import AlertRule
from mainstay.ports.alerts import Silence
from mainstay.settings import Settings


@dataclass(frozen=True, slots=True)
class Line:
    """A rule, with one of its alerts if it has any.

    Args:
        rule: the rule.
        alert: the alert, None while all is well.
        tells: names of who tells of it.
        silence: keeps them from it, None if nothing does.
    """

    rule: AlertRule
    alert: Alert | None
    tells: Sequence[str]
    silence: Silence | None


@dataclass(frozen=True, slots=True)
class Board:
    """What was found at the last round.

    Args:
        memory: what the watcher remembers.
        lines: every rule, with each of its alerts.
    """

    memory: Memory
    lines: Sequence[Line]


async def board(settings: Settings) -> Board:
    """Return the rules, what fires, and what is silenced.

    Raises:
        MainstayError: the store cannot be opened, or what it has cannot be read.
    """
    rules, senders = alert_rules(settings), senders_of(settings)
    async with open_store(settings) as store:
        content = await store.alerts.recall("alerts")
        silences = {one.name: one for one in await store.alerts.silences()}
    try:
        left = memory.loaded(content)
    except ValueError as error:
        raise MainstayError(f"what was remembered cannot be read: {error}") from error
    found: dict[str, list[Alert]] = {}
    for alert in left.alerts:
        found.setdefault(alert.name, []).append(alert)
    lines: list[Line] = []
    for rule in rules:
        tells = [sender.name for sender in senders_for(rule.severity, senders)]
        quiet = silences.get(rule.name)
        alerts = _alerts(found, rule.name)
        lines += [Line(rule, alert, tells, quiet) for alert in alerts]
    return Board(left, lines)


async def silence(
    settings: Settings, name: str, for_s: float, reason: str, actor: str
) -> int:
    """Silence an alert, or end that with 0 seconds; return when it ends, Unix ms.

    It is noted in the audit first.

    Raises:
        NotFound: there is no rule of that name.
    """
    if name not in {rule.name for rule in alert_rules(settings)}:
        raise NotFound(f"no alert {name}; see: mainstay alerts")
    action = "alert.silenced" if for_s else "alert.heard"
    async with open_store(settings) as store:
        detail = {"for_seconds": f"{for_s:g}", "reason": reason}
        await store.audit.note(actor, action, name, detail)
        return await store.alerts.silence(name, for_s, reason, actor)


def _alerts(found: Mapping[str, Sequence[Alert]], name: str) -> Sequence[Alert | None]:
    return found.get(name) or [None]
