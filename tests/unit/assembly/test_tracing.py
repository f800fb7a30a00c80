"""What traces, and where its spans go, as the settings say."""

import json
from collections.abc import Generator
from io import StringIO

import pytest

from mainstay.assembly.tracing import sink_of, spans_of, tracing_of
from mainstay.domain.trace import Trace
from mainstay.monitoring.console_spans import ConsoleSpans
from mainstay.ports.correlation import SPAN
from mainstay.ports.trace_events import WakeSent
from mainstay.settings import Settings, load

SENT = Trace("a" * 32, "1" * 16, sampled=True, parent_id="2" * 16)
UNSAMPLED = f"00-{'a' * 32}-{'1' * 16}-00".encode()


@pytest.fixture(autouse=True)
def _alone() -> Generator[None]:
    """Let no other test's log lines name the spans of this one."""
    token = SPAN.set(("", ""))
    yield
    SPAN.reset(token)


def settings(**env: str) -> Settings:
    """Return settings of a few variables."""
    return load(env, needs=frozenset())


def test_without_tracing_there_is_nothing() -> None:
    """No spans are made, and no request gets a place."""
    off = settings(ENABLE_TRACING="false", OTEL_TRACES_EXPORTER="console")
    assert spans_of(off, "World", sink_of(off, None)) is None
    assert tracing_of(off)(b"", b"") is None


def test_the_sampler_is_the_one_that_is_set() -> None:
    """Its share too; without a setting the client's word counts."""
    kept = tracing_of(settings())(UNSAMPLED, b"")
    assert kept is not None
    assert not kept.sampled
    always = tracing_of(settings(OTEL_TRACES_SAMPLER="always_on"))(UNSAMPLED, b"")
    assert always is not None
    assert always.sampled
    ratio = settings(OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="0")
    never = tracing_of(ratio)(b"", b"")
    assert never is not None
    assert not never.sampled


@pytest.mark.parametrize(
    ("url", "system"),
    [
        (None, "mainstay"),
        ("amqp://h?queue=w", "rabbitmq"),
        ("kafka://h:9092/w", "kafka"),
        ("https://sqs.eu-central-1.amazonaws.com/1/w", "aws_sqs"),
    ],
)
def test_a_span_says_what_carries_wakes(url: str | None, system: str) -> None:
    """As the conventions call it; a JSON line has it."""
    stream = StringIO()
    told = settings(**({} if url is None else {"QUEUE_URL": url}))
    spans = spans_of(told, "World", ConsoleSpans(stream))
    assert spans is not None
    spans.take(WakeSent("conv_1", 1.0, "", SENT))
    spans.make()
    line = json.loads(stream.getvalue())
    assert line["attributes"]["messaging.system"] == system
    ids = (line["trace_id"], line["span_id"], line["parent_id"])
    assert ids == (SENT.trace_id, SENT.span_id, SENT.parent_id)


class Full(StringIO):
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        """Fail."""
        raise OSError(28, "No space left on device")


def test_a_stream_that_breaks_fails_nobody() -> None:
    """A full disk, or one that was closed."""
    closed = StringIO()
    closed.close()
    for stream in (Full(), closed):
        spans = spans_of(settings(), "World", ConsoleSpans(stream))
        assert spans is not None
        spans.take(WakeSent("conv_1", 1.0, "", SENT))
        spans.make()
