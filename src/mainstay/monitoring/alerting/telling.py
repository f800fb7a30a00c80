"""What each sender has told of each rule, and what it has to tell now.

Told at once: the first alert of a rule, and that none fires any more. Others of the
same rule that come or go meanwhile: five minutes after the last message. What still
fires is told again after the sender's own time. What was not taken is tried again, ever
less often, for as long as it is true.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mainstay.monitoring.alerting.alert import Alert
from mainstay.monitoring.alerting.notice import Notice

GAP_S = 300.0
FIRST_RETRY_S = 15.0
LAST_RETRY_S = 300.0
GIVE_UP_S = 86_400.0
"""After so long nobody needs to hear any more that something is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a sender told last of a rule.

    Args:
        name: of the rule.
        sender: its name.
        firing: fingerprints of the alerts that it said fire.
        doubt: those of a message that was begun; nobody knows whether it was taken.
        told_s: when something was taken last, Unix time in seconds.
        failures: how often the present message was not taken.
        retry_s: when it is tried again.
        ended_s: when the first try to tell of the end was; None before.
    """

    name: str
    sender: str
    firing: tuple[str, ...] = ()
    doubt: tuple[str, ...] = ()
    told_s: float = 0.0
    failures: int = 0
    retry_s: float = 0.0
    ended_s: float | None = None


def due(
    told: Told, firing: Sequence[Alert], now_s: float, repeat_s: float, *, silent: bool
) -> bool:
    """Tell whether there is something to tell now.

    Args:
        told: what was told last.
        firing: the rule's alerts that fire.
        now_s: Unix time in seconds.
        repeat_s: after how long it is told again.
        silent: whether the rule is silenced; its end is told all the same.
    """
    # Times further ahead than any that is set are of a clock that was set back since.
    if now_s < told.retry_s <= now_s + LAST_RETRY_S:
        return False
    known, present = set(told.firing), {alert.fingerprint for alert in firing}
    if not present:
        return bool(known or told.doubt)
    if silent:
        return False
    if not known:
        return True
    since_s = abs(now_s - told.told_s)
    return since_s >= (GAP_S if known != present else repeat_s)


def begun(told: Told, notice: Notice) -> Told:
    """Return what is told while a notice is on its way: whoever follows ends it too."""
    doubt = {*told.doubt, *(alert.fingerprint for alert in notice.firing)}
    return replace(told, doubt=tuple(sorted(doubt)))


def taken(told: Told, notice: Notice, now_s: float) -> Told:
    """Return what is told once a notice was taken."""
    firing = tuple(sorted(alert.fingerprint for alert in notice.firing))
    return Told(name=told.name, sender=told.sender, firing=firing, told_s=now_s)


def refused(told: Told, notice: Notice, now_s: float) -> Told:
    """Return what is told once a notice was not taken; an old end is given up."""
    ended_s = told.ended_s if notice.status == "resolved" else None
    if notice.status == "resolved":
        ended_s = now_s if ended_s is None else ended_s
        if now_s - ended_s >= GIVE_UP_S:
            return Told(name=told.name, sender=told.sender, told_s=now_s)
    wait_s = min(FIRST_RETRY_S * 2 ** min(told.failures, 10), LAST_RETRY_S)
    failures, retry_s = told.failures + 1, now_s + wait_s
    return replace(told, failures=failures, retry_s=retry_s, ended_s=ended_s)
