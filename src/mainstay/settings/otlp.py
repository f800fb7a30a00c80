"""The settings of OpenTelemetry's standard that say what is sent, where and how.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from mainstay.settings.pairs import attributes, headers, pairs_of
from mainstay.settings.providers import BaseUrl
from mainstay.settings.tracing import TracingSettings
from mainstay.settings.variable import Var

Milliseconds = Annotated[int, Field(ge=1, le=3_600_000)]
Items = Annotated[int, Field(ge=1, le=1_000_000)]
Headers = Annotated[SecretStr, BeforeValidator(headers)]
Attributes = Annotated[str, BeforeValidator(attributes)]
Sent = Literal["otlp", "none"]
Signal = Literal["traces", "metrics", "logs"]

_OF = "Headers of requests with {} alone, instead of OTEL_EXPORTER_OTLP_HEADERS."
_TO = "Address for {} alone, taken as it is."


class OtlpSettings(TracingSettings):
    """What is sent by OTLP; a part of ``Settings``. Names with ``_ms`` hold ms."""

    otel_disabled: Annotated[
        bool, Var("OTEL_SDK_DISABLED", "Whether nothing at all is sent.")
    ] = False
    otel_service_name: Annotated[
        str | None,
        Var(
            "OTEL_SERVICE_NAME",
            "What the service is called in traces, metrics and logs.",
            default="`service.name` of OTEL_RESOURCE_ATTRIBUTES, else `mainstay`",
        ),
    ] = None
    otel_resource_attributes: Annotated[
        Attributes | None,
        Var(
            "OTEL_RESOURCE_ATTRIBUTES",
            "What is said of each process, as `name=value,…`.",
        ),
    ] = None
    metrics_exporter: Annotated[
        Sent, Var("OTEL_METRICS_EXPORTER", "Whether metrics are sent by OTLP.")
    ] = "otlp"
    logs_exporter: Annotated[
        Sent, Var("OTEL_LOGS_EXPORTER", "Whether the log is sent.")
    ] = "otlp"
    otlp_endpoint: Annotated[
        BaseUrl | None,
        Var(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "Where a collector or agent takes OTLP, e.g. `http://localhost:4318`.",
        ),
    ] = None
    otlp_traces_endpoint: Annotated[
        BaseUrl | None,
        Var("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", _TO.format("spans")),
    ] = None
    otlp_metrics_endpoint: Annotated[
        BaseUrl | None,
        Var("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", _TO.format("metrics")),
    ] = None
    otlp_logs_endpoint: Annotated[
        BaseUrl | None,
        Var("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", _TO.format("the log")),
    ] = None
    otlp_headers: Annotated[
        Headers | None,
        Var(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "Headers of each request to these addresses, as `name=value,…`.",
            secret=True,
        ),
    ] = None
    otlp_traces_headers: Annotated[
        Headers | None,
        Var("OTEL_EXPORTER_OTLP_TRACES_HEADERS", _OF.format("spans"), secret=True),
    ] = None
    otlp_metrics_headers: Annotated[
        Headers | None,
        Var("OTEL_EXPORTER_OTLP_METRICS_HEADERS", _OF.format("metrics"), secret=True),
    ] = None
    otlp_logs_headers: Annotated[
        Headers | None,
        Var("OTEL_EXPORTER_OTLP_LOGS_HEADERS", _OF.format("the log"), secret=True),
    ] = None
    otlp_protocol: Annotated[
        Literal["http/protobuf"],
        Var("OTEL_EXPORTER_OTLP_PROTOCOL", "The form of OTLP; there is one."),
    ] = "http/protobuf"
    otlp_compression: Annotated[
        Literal["gzip", "none"],
        Var("OTEL_EXPORTER_OTLP_COMPRESSION", "How bodies are packed."),
    ] = "gzip"
    otlp_certificate: Annotated[
        str | None,
        Var(
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "File of the authorities that `https` addresses are trusted by.",
            default="the system's",
        ),
    ] = None
    otlp_timeout_ms: Annotated[
        Milliseconds,
        Var("OTEL_EXPORTER_OTLP_TIMEOUT", "The longest one request may take, ms."),
    ] = 10_000
    otlp_temporality: Annotated[
        Literal["cumulative", "delta", "lowmemory"] | None,
        Var(
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "What counters tell: all since the start, or what was added.",
            default="`delta` to Datadog and New Relic, else `cumulative`",
        ),
    ] = None
    metric_interval_ms: Annotated[
        Milliseconds,
        Var("OTEL_METRIC_EXPORT_INTERVAL", "Time between two readings of metrics, ms."),
    ] = 60_000
    metric_timeout_ms: Annotated[
        Milliseconds,
        Var("OTEL_METRIC_EXPORT_TIMEOUT", "How long one reading is tried, ms."),
    ] = 30_000
    spans_delay_ms: Annotated[
        Milliseconds,
        Var("OTEL_BSP_SCHEDULE_DELAY", "The longest a span waits for others, ms."),
    ] = 5_000
    spans_timeout_ms: Annotated[
        Milliseconds,
        Var("OTEL_BSP_EXPORT_TIMEOUT", "How long a batch of spans is tried, ms."),
    ] = 30_000
    spans_most: Annotated[
        Items,
        Var("OTEL_BSP_MAX_QUEUE_SIZE", "Spans that wait; later ones are dropped."),
    ] = 2048
    spans_batch: Annotated[
        Items, Var("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "Spans in a batch, at most.")
    ] = 512
    logs_delay_ms: Annotated[
        Milliseconds,
        Var("OTEL_BLRP_SCHEDULE_DELAY", "The longest a line waits for others, ms."),
    ] = 1_000
    logs_timeout_ms: Annotated[
        Milliseconds,
        Var("OTEL_BLRP_EXPORT_TIMEOUT", "How long a batch of lines is tried, ms."),
    ] = 30_000
    logs_most: Annotated[
        Items,
        Var("OTEL_BLRP_MAX_QUEUE_SIZE", "Lines that wait; later ones are dropped."),
    ] = 2048
    logs_batch: Annotated[
        Items, Var("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "Lines in a batch, at most.")
    ] = 512

    def sends(self, signal: Signal) -> bool:
        """Tell whether a signal is sent by OTLP, if there is anywhere to send it to."""
        chosen = {
            "traces": self.traces_exporter,
            "metrics": self.metrics_exporter,
            "logs": self.logs_exporter,
        }
        return chosen[signal] == "otlp" and not self.otel_disabled

    def endpoint_of(self, signal: Signal) -> str | None:
        """Return where a collector takes a signal."""
        own = {
            "traces": self.otlp_traces_endpoint,
            "metrics": self.otlp_metrics_endpoint,
            "logs": self.otlp_logs_endpoint,
        }
        if own[signal] is not None or self.otlp_endpoint is None:
            return own[signal]
        return f"{self.otlp_endpoint}/v1/{signal}"

    def headers_of(self, signal: Signal) -> dict[str, str]:
        """Return the headers that requests to a collector carry; they are secret."""
        own = {
            "traces": self.otlp_traces_headers,
            "metrics": self.otlp_metrics_headers,
            "logs": self.otlp_logs_headers,
        }
        given = own[signal] or self.otlp_headers
        return {} if given is None else pairs_of(given.get_secret_value())

    def patience_ms_of(self, signal: Signal) -> int:
        """Return how long a batch of a signal is tried."""
        return {
            "traces": self.spans_timeout_ms,
            "metrics": self.metric_timeout_ms,
            "logs": self.logs_timeout_ms,
        }[signal]

    @property
    def resource(self) -> dict[str, str]:
        """What is said of each process, as far as it is set."""
        given = pairs_of(self.otel_resource_attributes or "")
        if self.otel_service_name:
            given["service.name"] = self.otel_service_name
        return given
