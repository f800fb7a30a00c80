"""Tells: finds what is to be told to whom, and notes what was taken."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mainstay.monitoring.alerting.alert import Alert
from mainstay.monitoring.alerting.notice import Notice, Sender
from mainstay.monitoring.alerting.routes import senders_for
from mainstay.monitoring.alerting.telling import Told, begun, due, refused, taken


@dataclass(frozen=True, slots=True)
class Errand:
    """One notice for one sender."""

    sender: Sender
    notice: Notice


class Dispatch:
    """What senders have told of rules.

    Args:
        source: which deployment tells.
        severities: of each rule, by name.
        senders: all there are.
    """

    def __init__(
        self, source: str, severities: Mapping[str, str], senders: Sequence[Sender]
    ) -> None:
        self._source = source
        self._severities = severities
        self._senders = senders
        self._told: dict[tuple[str, str], Told] = {}

    @property
    def told(self) -> tuple[Told, ...]:
        """What was told; of what is over and told, nothing is left."""
        kept = (t for t in self._told.values() if t.firing or t.doubt or t.failures)
        return tuple(kept)

    def recall(self, told: Sequence[Told]) -> None:
        """Go on from what an earlier watcher told."""
        self._told = {(one.name, one.sender): one for one in told}

    def errands(
        self, alerts: Sequence[Alert], silenced: Collection[str], now_s: float
    ) -> list[Errand]:
        """Return what is to be told now.

        Args:
            alerts: all there are, resolved ones too.
            silenced: names of rules that nobody is to hear of.
            now_s: Unix time in seconds.
        """
        by_name: dict[str, list[Alert]] = {name: [] for name, _ in self._told}
        for alert in alerts:
            by_name.setdefault(alert.name, []).append(alert)
        return [
            errand
            for name, of in by_name.items()
            for errand in self._errands(name, of, now_s, silent=name in silenced)
        ]

    def begin(self, errands: Sequence[Errand]) -> None:
        """Note that notices are on their way."""
        for errand in errands:
            told = self._of(errand.notice.name, errand.sender)
            self._told[told.name, told.sender] = begun(told, errand.notice)

    def end(self, errand: Errand, now_s: float, *, was_taken: bool) -> None:
        """Note what became of a notice."""
        told = self._of(errand.notice.name, errand.sender)
        note = taken if was_taken else refused
        self._told[told.name, told.sender] = note(told, errand.notice, now_s)

    def _errands(
        self, name: str, alerts: Sequence[Alert], now_s: float, *, silent: bool
    ) -> list[Errand]:
        firing = [alert for alert in alerts if alert.state == "firing"]
        severity = self._severities.get(name, "")
        found: list[Errand] = []
        for sender in self._senders_for(name, severity):
            told = self._of(name, sender)
            if due(told, firing, now_s, sender.repeat_s, silent=silent):
                known = {*told.firing, *told.doubt}
                notice = Notice(
                    source=self._source,
                    name=name,
                    severity=severity,
                    firing=firing,
                    resolved=[
                        alert
                        for alert in alerts
                        if alert.state == "resolved" and alert.fingerprint in known
                    ],
                )
                found.append(Errand(sender, notice))
        return found

    def _senders_for(self, name: str, severity: str) -> Sequence[Sender]:
        """Return who tells of a rule; of one that is gone, who did."""
        if name in self._severities:
            return senders_for(severity, self._senders)
        return [one for one in self._senders if (name, one.name) in self._told]

    def _of(self, name: str, sender: Sender) -> Told:
        fresh = Told(name=name, sender=sender.name)
        return self._told.get((name, sender.name), fresh)
