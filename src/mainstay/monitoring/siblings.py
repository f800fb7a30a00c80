"""The metrics of several processes as one page."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from typing_extensions import override

LABEL = "process"


def merged(texts: Mapping[int, str]) -> bytes:
    """Return one page of several, each series labelled ``process`` with its number.

    Nothing is summed: a process that starts anew resets its own series only, and a
    query sums them, as it sums those of several machines.

    Args:
        texts: number of a process → its metrics in Prometheus's text format.
    """
    families: dict[str, Metric] = {}
    for number, text in texts.items():
        for one in text_string_to_metric_families(text):
            family = families.setdefault(
                one.name, Metric(one.name, one.documentation, one.type)
            )
            family.samples += [
                sample._replace(labels={LABEL: str(number), **sample.labels})
                for sample in one.samples
            ]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(families.values()))
    return generate_latest(registry)


class _Page(Collector):
    """Families as they are."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    @override
    def collect(self) -> Iterable[Metric]:
        return self._families
