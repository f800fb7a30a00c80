"""One alert, and how it comes, fires and goes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

State = Literal["pending", "firing", "resolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What a rule found about one series.

    Args:
        name: of its rule.
        labels: by which it is told from others of the rule.
        annotations: what people are told.
        value: of the series when it was last there.
        since_s: since when it has been there, Unix time in seconds.
        fired_s: since when it fires; None while it only may.
        gone_s: since when its series has been gone; None while it is there.
        resolved_s: when it stopped firing; None before.
    """

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    value: float = 0.0
    since_s: float
    fired_s: float | None = None
    gone_s: float | None = None
    resolved_s: float | None = None

    @property
    def state(self) -> State:
        """``pending``, ``firing`` or ``resolved``."""
        if self.resolved_s is not None:
            return "resolved"
        return "pending" if self.fired_s is None else "firing"

    @property
    def fingerprint(self) -> str:
        """What names it for as long as it lasts: 16 hex digits from its labels."""
        told = json.dumps([self.name, sorted(self.labels.items())])
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def seen(alert: Alert, now_s: float, for_s: float) -> Alert:
    """Return an alert whose series is there now.

    Args:
        alert: as it was, with the present value.
        now_s: Unix time in seconds.
        for_s: how long it must have been there before it fires.
    """
    if alert.resolved_s is not None:
        fresh = replace(alert, since_s=now_s, fired_s=None, resolved_s=None)
        return seen(fresh, now_s, for_s)
    # A time to come is of a clock that was set back since.
    since_s = min(alert.since_s, now_s)
    fires = alert.fired_s is None and now_s - since_s >= for_s
    fired_s = now_s if fires else alert.fired_s
    return replace(alert, since_s=since_s, gone_s=None, fired_s=fired_s)


def missed(alert: Alert, now_s: float, keep_firing_s: float) -> Alert | None:
    """Return an alert whose series is gone now; None when it never fired.

    Args:
        alert: as it was.
        now_s: Unix time in seconds.
        keep_firing_s: how long it fires on.
    """
    if alert.fired_s is None:
        return None
    if alert.resolved_s is not None:
        return alert
    gone_s = now_s if alert.gone_s is None else min(alert.gone_s, now_s)
    over = now_s - gone_s >= keep_firing_s
    return replace(alert, gone_s=gone_s, resolved_s=now_s if over else None)
