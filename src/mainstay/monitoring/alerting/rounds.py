"""Rounds of evaluation: every rule in its order, and what became of its alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mainstay.monitoring.alerting import template
from mainstay.monitoring.alerting.alert import Alert, missed, seen
from mainstay.monitoring.alerting.evaluation import Moment, Vector, nameless
from mainstay.monitoring.alerting.expression import NAME
from mainstay.monitoring.alerting.lexer import ExpressionFault
from mainstay.monitoring.alerting.rules import AlertRule, Recording, Rule
from mainstay.monitoring.alerting.samples import Samples
from mainstay.monitoring.alerting.series import Series

MAX_ALERTS = 100
"""Of one rule; more at once are one trouble, not more messages."""

KEEP_RESOLVED_S = 900.0
"""How long an alert that ended is kept to be told of, and to be looked at."""


class Rounds:
    """The alerts of rules over samples.

    Args:
        rules: in the order in which they build on each other.
        outer: labels of the whole deployment, for texts.
    """

    def __init__(self, rules: Sequence[Rule], outer: Mapping[str, str]) -> None:
        self._rules = rules
        self._outer = outer
        self.samples = Samples(rule.expression for rule in rules)
        self._alerts: dict[str, dict[str, Alert]] = {}
        self._recorded = dict[str, list[Series]]()

    @property
    def alerts(self) -> list[Alert]:
        """Every alert that is pending or firing, or that ended lately."""
        return [alert for of in self._alerts.values() for alert in of.values()]

    def recall(self, alerts: Sequence[Alert]) -> None:
        """Go on with the alerts that an earlier watcher left; rules may have gone."""
        names = {rule.name for rule in self._rules if isinstance(rule, AlertRule)}
        self._alerts = {}
        for alert in alerts:
            if alert.name in names:
                self._alerts.setdefault(alert.name, {})[alert.fingerprint] = alert

    def play(self, now_s: float) -> list[str]:
        """Evaluate every rule once; return what could not be, a line each.

        A rule that cannot be evaluated leaves its alerts as they are.
        """
        faults: list[str] = []
        moment = Moment(self.samples, now_s)
        for rule in self._rules:
            try:
                found = moment.evaluate(rule.expression)
            except ExpressionFault as error:
                faults.append(f"{rule.name}: {error}")
                continue
            match rule:
                case Recording():
                    self._record(rule, found, now_s)
                case AlertRule():
                    self._alerts[rule.name] = self._judged(rule, found, now_s)
        self.samples.forget(now_s)
        return faults

    def _record(self, rule: Recording, found: Vector, now_s: float) -> None:
        written: list[Series] = []
        for labels, value in found.items():
            told = {**dict(labels), **rule.labels, NAME: rule.name}
            series = self.samples.series(told)
            if series is not None:
                series.add(now_s, value)
                written.append(series)
        for series in self._recorded.get(rule.name, []):
            if series not in written:
                series.end()
        self._recorded[rule.name] = written

    def _judged(self, rule: AlertRule, found: Vector, now_s: float) -> dict[str, Alert]:
        known = self._alerts.get(rule.name, {})
        judged: dict[str, Alert] = {}
        for labels, value in list(found.items())[:MAX_ALERTS]:
            alert = self._alert(rule, dict(nameless(labels)), value, now_s)
            before = known.get(alert.fingerprint)
            if before is not None:
                texts = alert.annotations
                alert = replace(before, value=value, annotations=texts)
            judged[alert.fingerprint] = seen(alert, now_s, rule.for_s)
        for fingerprint in known.keys() - judged.keys():
            after = missed(known[fingerprint], now_s, rule.keep_firing_s)
            if after is not None and not _is_over(after, now_s):
                judged[fingerprint] = after
        return judged

    def _alert(
        self, rule: AlertRule, labels: dict[str, str], value: float, now_s: float
    ) -> Alert:
        def filled(text: str) -> str:
            return template.filled(text, value, labels, self._outer)

        told = {name: filled(text) for name, text in rule.labels.items()}
        texts = {name: filled(text) for name, text in rule.annotations.items()}
        return Alert(
            name=rule.name,
            labels={**labels, **told},
            annotations=texts,
            value=value,
            since_s=now_s,
        )


def _is_over(alert: Alert, now_s: float) -> bool:
    ended_s = alert.resolved_s
    return ended_s is not None and now_s - ended_s >= KEEP_RESOLVED_S
