"""Metrics of what background checks find, read when somebody looks."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from mainstay.domain.anomaly import Judgement
from mainstay.monitoring.metrics.registry import PREFIX, Handlers, Registry
from mainstay.ports.health import CheckState, VitalSigns
from mainstay.ports.telemetry import AnomalyChanged, CheckChanged


class HealthMetrics:
    """Shows the vital signs, from when they are there.

    Args:
        registry: where the metrics are.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @property
    def handlers(self) -> Handlers:
        """What counts each event: nothing. It shows also while nothing changes."""
        return {CheckChanged: _shown, AnomalyChanged: _shown}

    def show(self, signs: VitalSigns) -> None:
        """Show the vital signs; called once."""
        self._registry.show(VitalGauges(signs))


class VitalGauges(Collector):
    """Shows each check's state, and how unusual the hour is.

    Args:
        signs: what is known.
    """

    def __init__(self, signs: VitalSigns) -> None:
        self._signs = signs

    @override
    def collect(self) -> Iterable[Metric]:
        """Return the gauges with their values of this moment."""
        states = self._signs.checks()
        for name, help_, read in _CHECKS:
            yield _gauge(f"health_check_{name}", help_, "check", _values(states, read))
        judgements = {one.signal: one for one in self._signs.judgements()}
        for name, help_, judged in _SIGNALS:
            values = {signal: judged(one) for signal, one in judgements.items()}
            yield _gauge(f"anomaly_{name}", help_, "signal", values)


def _shown(_: CheckChanged | AnomalyChanged) -> None:
    """Count nothing."""


def _values(
    states: Iterable[CheckState], read: Callable[[CheckState], float | None]
) -> Mapping[str, float]:
    found = ((one.name, read(one)) for one in states)
    return {name: value for name, value in found if value is not None}


def _gauge(name: str, help_: str, label: str, values: Mapping[str, float]) -> Metric:
    metric = GaugeMetricFamily(PREFIX + name, help_, labels=[label])
    for value_of, value in values.items():
        metric.add_metric([value_of], value)
    return metric


def _is_ok(state: CheckState) -> float:
    return state.ok


def _failures(state: CheckState) -> float | None:
    # What nobody looks at any more may be well again: an alert on it could not clear.
    return None if state.stale else state.failures


def _run_s(state: CheckState) -> float | None:
    return None if state.last_run_ms is None else state.last_run_ms / 1000


_CHECKS: tuple[tuple[str, str, Callable[[CheckState], float | None]], ...] = (
    ("up", "1 while what is checked is well, as far as is known, else 0.", _is_ok),
    ("consecutive_failures", "Failures in a row; none of a stale check.", _failures),
    ("last_run_timestamp_seconds", "When the check was last made.", _run_s),
)

_SIGNALS: tuple[tuple[str, str, Callable[[Judgement], float]], ...] = (
    ("score", "How unusual this hour is; from 4 on it is.", lambda j: j.score),
    ("value", "What this hour has.", lambda j: j.value),
    ("expected", "The median of this hour in past weeks.", lambda j: j.expected),
    (
        "learning",
        "1 while there are too few past weeks to compare with.",
        lambda j: j.standing == "learning",
    ),
)
