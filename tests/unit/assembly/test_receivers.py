"""Who is sent what, by which settings."""

import json

import pytest

from mainstay.assembly.receivers import SIGNALS, Place, places
from mainstay.settings import load
from mainstay.settings.otlp import Signal

DATADOG = {"DATADOG_API_KEY": "dd-secret"}
NEW_RELIC = {"NEW_RELIC_LICENSE_KEY": "nr-secret"}
COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318/"}


def sent(signal: Signal, **env: str) -> list[Place]:
    """Return where a signal goes."""
    return places(load(env), signal)


def urls(**env: str) -> list[str]:
    """Return where all signals go."""
    return [place.url for signal in SIGNALS for place in sent(signal, **env)]


def test_nothing_is_sent_where_nothing_is_set() -> None:
    """There is no address by default: nobody asked for it."""
    assert urls() == []
    assert urls(OTEL_SERVICE_NAME="shop", OTEL_BSP_SCHEDULE_DELAY="100") == []


def test_a_collector_gets_everything() -> None:
    """At the standard's paths, cumulative unless another temporality is preferred."""
    assert urls(**COLLECTOR) == [
        "http://localhost:4318/v1/traces",
        "http://localhost:4318/v1/metrics",
        "http://localhost:4318/v1/logs",
    ]
    assert not sent("metrics", **COLLECTOR)[0].delta
    name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
    for preferred, delta in (("delta", 1), ("lowmemory", 1), ("cumulative", 0)):
        assert sent("metrics", **COLLECTOR, **{name: preferred})[0].delta == delta


def test_a_signal_may_have_an_address_and_headers_of_its_own() -> None:
    """Taken as they are; the others keep the common ones, or have none."""
    own = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://traces.example/ingest",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "authorization=Bearer%20xyz,tenant=a",
        "OTEL_EXPORTER_OTLP_HEADERS": "tenant=common",
    }
    (traces,) = sent("traces", **own, **COLLECTOR)
    assert traces.url == "https://traces.example/ingest"
    assert traces.headers == {"authorization": "Bearer xyz", "tenant": "a"}
    (logs,) = sent("logs", **own, **COLLECTOR)
    assert logs.headers == {"tenant": "common"}
    assert sent("logs", **own) == []


def test_datadog_takes_all_three_directly() -> None:
    """At its site, with its key and the headers that its pages ask for; delta only."""
    assert urls(**DATADOG, DD_SITE="us5.datadoghq.com") == [
        "https://otlp.us5.datadoghq.com/v1/traces",
        "https://otlp.us5.datadoghq.com/v1/metrics",
        "https://otlp.us5.datadoghq.com/v1/logs",
    ]
    traces, metrics, logs = (sent(signal, **DATADOG)[0] for signal in SIGNALS)
    assert traces.url == "https://otlp.datadoghq.com/v1/traces"
    assert traces.headers == {"dd-api-key": "dd-secret", "compute_stats": "true"}
    assert logs.headers == {"dd-api-key": "dd-secret"}
    assert json.loads(metrics.headers["dd-otel-metric-config"]) == {
        "resource_attributes_as_tags": True,
        "histograms": {"mode": "distributions"},
    }
    name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
    assert sent("metrics", **DATADOG, **{name: "cumulative"})[0].delta


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("0123456789abcdef0123456789abcdefFFFFNRAL", "otlp.nr-data.net"),
        ("eu01xx6789abcdef0123456789abcdefFFFFNRAL", "otlp.eu01.nr-data.net"),
        ("gov01x6789abcdef0123456789abcdefFFFFNRAL", "gov-otlp.nr-data.net"),
    ],
)
def test_new_relic_takes_all_three_in_its_region(key: str, host: str) -> None:
    """The key says which."""
    assert urls(NEW_RELIC_LICENSE_KEY=key) == [
        f"https://{host}/v1/{signal}" for signal in SIGNALS
    ]
    (metrics,) = sent("metrics", NEW_RELIC_LICENSE_KEY=key)
    assert metrics.headers == {"api-key": key}
    assert metrics.delta


def test_both_vendors_may_have_it() -> None:
    """Each its own."""
    assert len(urls(**DATADOG, **NEW_RELIC)) == 6


def test_a_collector_stands_before_the_vendors() -> None:
    """It sends on; the keys are for it then. For one signal as for all."""
    assert len(urls(**DATADOG, **NEW_RELIC, **COLLECTOR)) == 3
    own = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h/v1/traces"}
    assert urls(**own, **DATADOG) == [
        "http://h/v1/traces",
        "https://otlp.datadoghq.com/v1/metrics",
        "https://otlp.datadoghq.com/v1/logs",
    ]


def test_what_an_agent_counts_is_not_counted_twice() -> None:
    """With DogStatsD, Datadog gets no metrics by OTLP; New Relic does."""
    agent = {"DD_AGENT_HOST": "10.0.0.1"}
    assert sent("metrics", **DATADOG, **agent) == []
    assert len(sent("traces", **DATADOG, **agent)) == 1
    assert len(sent("metrics", **DATADOG, **NEW_RELIC, **agent)) == 1


def test_each_signal_can_be_turned_off() -> None:
    """By its own name, or all at once."""
    for signal in SIGNALS:
        off = {f"OTEL_{signal.upper()}_EXPORTER": "none"}
        assert sent(signal, **COLLECTOR, **off) == []
        assert len(urls(**COLLECTOR, **off)) == 2
    assert urls(**COLLECTOR, **DATADOG, OTEL_SDK_DISABLED="true") == []
    assert sent("traces", **COLLECTOR, ENABLE_TRACING="false") == []


def test_an_address_of_dogstatsd_is_made_of_its_host() -> None:
    """An IPv6 address gets its brackets; a whole address goes first."""
    for host, url in (
        ("agent", "udp://agent:8125"),
        ("fd00::1", "udp://[fd00::1]:8125"),
    ):
        assert load({"DD_AGENT_HOST": host}).dogstatsd == url
    own = {"DD_AGENT_HOST": "agent", "DD_DOGSTATSD_URL": "unix:///run/dsd.socket"}
    assert load(own).dogstatsd == "unix:///run/dsd.socket"
    assert load({}).dogstatsd is None


def test_a_place_does_not_show_its_headers() -> None:
    """They hold the key."""
    assert "secret" not in repr([sent(s, **DATADOG, **NEW_RELIC) for s in SIGNALS])
