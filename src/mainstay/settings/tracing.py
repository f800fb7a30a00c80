"""The settings of traces, by the names that OpenTelemetry gives them."""

from typing import Annotated, Literal

from pydantic import Field

from mainstay.settings.part import Part
from mainstay.settings.variable import Var

SamplerName = Literal[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]
TracesExporter = Literal["otlp", "console", "none"]
Content = Literal["NO_CONTENT", "SPAN_ONLY"]


class TracingSettings(Part):
    """Which traces are kept, what is in them, and where they go."""

    enable_tracing: Annotated[
        bool,
        Var("ENABLE_TRACING", "Whether messages are traced at all."),
    ] = True
    traces_exporter: Annotated[
        TracesExporter,
        Var(
            "OTEL_TRACES_EXPORTER",
            "Where spans go; `console`: JSON lines on standard error.",
        ),
    ] = "otlp"
    traces_sampler: Annotated[
        SamplerName,
        Var(
            "OTEL_TRACES_SAMPLER",
            "Which traces are kept; `parentbased_…`: as the client decided, if it did.",
        ),
    ] = "parentbased_always_on"
    traces_sampler_arg: Annotated[
        float,
        Field(ge=0, le=1),
        Var("OTEL_TRACES_SAMPLER_ARG", "The share that `traceidratio` keeps."),
    ] = 1.0
    capture_content: Annotated[
        Content,
        Var(
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
            "`SPAN_ONLY`: spans hold what customers, models and tools said.",
        ),
    ] = "NO_CONTENT"
