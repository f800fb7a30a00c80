"""OpenTelemetry's names: written as the standard says, and refused otherwise."""

import pytest

from mainstay.settings import load
from mainstay.settings.loading import faults


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:password@collector"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no pair"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b%0d%0aX-Evil: yes"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=c"),
        ("OTEL_RESOURCE_ATTRIBUTES", "=value"),
        ("OTEL_RESOURCE_ATTRIBUTES", ","),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("DD_SITE", "https://datadoghq.eu"),
        ("DD_AGENT_HOST", "udp://agent:8125"),
        ("DD_DOGSTATSD_URL", "agent:8125"),
        ("DD_DOGSTATSD_URL", "unix://"),
        ("DD_DOGSTATSD_URL", "udp://agent:99999"),
    ],
)
def test_what_is_written_otherwise_is_a_fault(name: str, text: str) -> None:
    """Named, in one line, before anything starts."""
    (fault,) = faults({name: text})
    assert fault.startswith(f"{name}: should")


def test_pairs_are_decoded() -> None:
    """Percent-encoded values, spaces around, the service's own name first."""
    settings = load(
        {
            "OTEL_RESOURCE_ATTRIBUTES": "team = a%2Cb , service.name=shop,k8s/x=1=2",
            "OTEL_SERVICE_NAME": "Acme support",
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%3Db",
        }
    )
    assert settings.resource == {
        "team": "a,b",
        "service.name": "Acme support",
        "k8s/x": "1=2",
    }
    assert settings.headers_of("logs") == {"api-key": "a=b"}
    assert "a%3Db" not in repr(settings)
