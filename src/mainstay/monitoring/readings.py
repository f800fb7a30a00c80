"""Readings: what the metrics' registry shows, in a form that can be sent.

Prometheus scrapes the same registry, so that every receiver is told the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Literal

from prometheus_client import Metric
from prometheus_client.samples import Sample

Tags = tuple[tuple[str, str], ...]
Kind = Literal["counter", "gauge", "histogram"]
KINDS: Mapping[str, Kind] = {
    "counter": "counter",
    "gauge": "gauge",
    "unknown": "gauge",
    "histogram": "histogram",
}

UNITS = {"_seconds": "s", "_bytes": "By", ".duration": "s", ".token.usage": "{token}"}
"""In UCUM, by how names end."""

BOUND = "le"


@dataclass(frozen=True, slots=True)
class Buckets:
    """A histogram.

    Args:
        bounds: upper bounds, in order, without the infinite one.
        counts: how many values each bucket has, and the one above all bounds.
        total: the sum of all values.
    """

    bounds: tuple[float, ...]
    counts: tuple[float, ...]
    total: float

    @property
    def count(self) -> float:
        """How many values there are."""
        return sum(self.counts)


Value = float | Buckets


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric with all its series.

    Args:
        name: as Prometheus has it, a counter's without ``_total``, or with dots as
            OpenTelemetry has it.
        help: one sentence.
        kind: what it is.
        series: values by tags.
    """

    name: str
    help: str
    kind: Kind
    series: Mapping[Tags, Value]

    @property
    def unit(self) -> str:
        """The unit, in UCUM, as the name tells it."""
        return next((UNITS[end] for end in UNITS if self.name.endswith(end)), "")


def readings(families: Iterable[Metric]) -> list[Reading]:
    """Return what families of metrics show; what has no finite value is left out."""
    found: list[Reading] = []
    for family in families:
        kind = KINDS.get(family.type)
        if kind is not None:
            series = _series(kind, family)
            found.append(Reading(family.name, family.documentation, kind, series))
    return found


def read(collect: Callable[[], Iterable[Metric]]) -> list[Reading]:
    """Return what a registry shows, nothing where it fails: that shows at /metrics."""
    try:
        return readings(collect())
    except Exception:  # noqa: BLE001 - the thread that reads must outlive any fault
        return []


def since(now: Reading, before: Reading | None) -> Reading:
    """Return what was added to a counter or histogram; a gauge stays as it is.

    Series without news are left out. One that went back began anew: all of it is new.
    """
    if now.kind == "gauge":
        return now
    old: Mapping[Tags, Value] = {} if before is None else before.series
    news = {tags: _added(value, old.get(tags)) for tags, value in now.series.items()}
    told = {tags: value for tags, value in news.items() if _is_any(value)}
    return Reading(now.name, now.help, now.kind, told)


def _series(kind: Kind, family: Metric) -> dict[Tags, Value]:
    if kind == "histogram":
        return _histograms(family)
    name = f"{family.name}_total" if kind == "counter" else family.name
    return {
        _tags(sample): sample.value
        for sample in family.samples
        if sample.name == name and isfinite(sample.value)
    }


def _histograms(family: Metric) -> dict[Tags, Value]:
    below: dict[Tags, list[tuple[float, float]]] = {}
    totals: dict[Tags, float] = {}
    for sample in family.samples:
        if sample.name == f"{family.name}_bucket":
            bound = float(sample.labels[BOUND])
            below.setdefault(_tags(sample), []).append((bound, sample.value))
        elif sample.name == f"{family.name}_sum":
            totals[_tags(sample)] = sample.value
    return {
        tags: _buckets(sorted(counted), totals.get(tags, 0.0))
        for tags, counted in below.items()
    }


def _buckets(below: list[tuple[float, float]], total: float) -> Buckets:
    """Return a histogram of counts that each hold those of all lower buckets."""
    steps = [0.0, *(count for _, count in below)]
    counts = tuple(high - low for low, high in pairwise(steps))
    return Buckets(tuple(bound for bound, _ in below if isfinite(bound)), counts, total)


def _tags(sample: Sample) -> Tags:
    return tuple(pair for pair in sample.labels.items() if pair[0] != BOUND)


def _added(now: Value, before: Value | None) -> Value:
    if isinstance(now, Buckets) and isinstance(before, Buckets):
        if now.bounds != before.bounds or now.count < before.count:
            return now
        both = zip(now.counts, before.counts, strict=True)
        counts = tuple(new - old for new, old in both)
        return Buckets(now.bounds, counts, now.total - before.total)
    if isinstance(now, Buckets) or isinstance(before, Buckets) or before is None:
        return now
    return now - before if now >= before else now


def _is_any(value: Value) -> bool:
    return bool(value.count if isinstance(value, Buckets) else value)
