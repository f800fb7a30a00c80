"""Who is sent what: collectors, Datadog, New Relic."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from mainstay.settings import Settings
from mainstay.settings.otlp import Signal

SIGNALS: tuple[Signal, ...] = ("traces", "metrics", "logs")

NEW_RELIC = "https://otlp.nr-data.net"
NEW_RELIC_REGIONS = {
    "eu01": "https://otlp.eu01.nr-data.net",
    "gov01": "https://gov-otlp.nr-data.net",
}
"""By how a key begins; one of the United States begins otherwise:
https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp/
"""

DATADOG_HEADERS: Mapping[Signal, Mapping[str, str]] = {
    # Without it, no rates and latencies of services are made of spans.
    "traces": {"compute_stats": "true"},
    # Processes would else overwrite each other's points.
    "metrics": {
        "dd-otel-metric-config": json.dumps(
            {
                "resource_attributes_as_tags": True,
                "histograms": {"mode": "distributions"},
            }
        )
    },
    "logs": {},
}
"""https://docs.datadoghq.com/opentelemetry/setup/otlp_ingest/"""


@dataclass(frozen=True, slots=True)
class Place:
    """An address that takes one signal.

    Args:
        name: whose it is, in words.
        url: with its path.
        headers: that it wants; their values are secret.
        delta: whether counters tell what was added, else all since the start.
    """

    name: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    delta: bool


def places(settings: Settings, signal: Signal) -> list[Place]:
    """Return where a signal goes: to a collector where one is set, else to vendors."""
    if not settings.sends(signal):
        return []
    if signal == "traces" and not settings.enable_tracing:
        return []
    url = settings.endpoint_of(signal)
    if url is None:
        return _vendors(settings, signal)
    delta = _delta(settings, unless_set=False)
    return [Place("the collector", url, settings.headers_of(signal), delta)]


def _vendors(settings: Settings, signal: Signal) -> list[Place]:
    delta = _delta(settings, unless_set=True)
    found: list[Place] = []
    if settings.datadog_api_key is not None and not _by_agent(settings, signal):
        own = settings.datadog_otlp_endpoint or f"https://otlp.{settings.dd_site}"
        key = settings.datadog_api_key.get_secret_value()
        headers = {"dd-api-key": key, **DATADOG_HEADERS[signal]}
        # Datadog refuses whatever is not delta.
        found.append(Place("Datadog", f"{own}/v1/{signal}", headers, delta=True))
    if settings.new_relic_license_key is not None:
        key = settings.new_relic_license_key.get_secret_value()
        region = NEW_RELIC_REGIONS.get(key.partition("x")[0], NEW_RELIC)
        own = settings.new_relic_otlp_endpoint or region
        url = f"{own}/v1/{signal}"
        found.append(Place("New Relic", url, {"api-key": key}, delta))
    return found


def _by_agent(settings: Settings, signal: Signal) -> bool:
    """Tell whether an Agent gets it by DogStatsD: twice would be counted twice."""
    return signal == "metrics" and settings.dogstatsd is not None


def _delta(settings: Settings, *, unless_set: bool) -> bool:
    preferred = settings.otlp_temporality
    return unless_set if preferred is None else preferred != "cumulative"
