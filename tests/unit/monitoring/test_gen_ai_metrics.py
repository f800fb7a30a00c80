"""Model calls by OpenTelemetry's conventions: their names, bounds and attributes."""

import re
from pathlib import Path

from mainstay.domain.model_call import ModelFailure
from mainstay.domain.step import ModelStep, Usage
from mainstay.monitoring.labels import MAX_SERIES, OTHER
from mainstay.monitoring.metrics.gen_ai import GenAiMetrics
from mainstay.monitoring.readings import Buckets, Reading
from mainstay.ports.model_events import ModelCalled

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "telemetry.md"
DURATION, TOKENS = "gen_ai.client.operation.duration", "gen_ai.client.token.usage"
USAGE = Usage(10, 5, 300, 40)


def answered(model: str = "primary", by: str = "primary-1") -> ModelCalled:
    """Return a call that took 2.56 s."""
    end = ModelStep(by, [], "end_turn", USAGE)
    return ModelCalled(
        "turn_1", model, "ok", 2560.0, provider="bedrock", usage=USAGE, end=end
    )


def failed() -> ModelCalled:
    """Return a call that took tokens and time, and brought nothing."""
    end = ModelFailure("overloaded", "HTTP 529", 529, usage=USAGE)
    return ModelCalled("turn_1", "primary", "overloaded", 100.0, usage=USAGE, end=end)


def counted(*events: ModelCalled) -> dict[str, Reading]:
    """Return the readings after some calls, by name."""
    metrics = GenAiMetrics()
    for event in events:
        metrics.handlers[ModelCalled](event)
    return {reading.name: reading for reading in metrics.readings()}


def test_a_call_is_told_as_the_conventions_ask() -> None:
    """Name, unit, bounds, each attribute; a value on a bound is below it."""
    found = counted(answered(), answered())
    assert set(found) == {DURATION, TOKENS}
    call = (
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "aws.bedrock"),
        ("gen_ai.request.model", "primary"),
        ("gen_ai.response.model", "primary-1"),
    )
    bounds = (
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48,
        40.96, 81.92,
    )  # fmt: skip
    counts = (0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0)
    assert (found[DURATION].kind, found[DURATION].unit) == ("histogram", "s")
    assert found[DURATION].series == {call: Buckets(bounds, counts, 5.12)}
    assert (found[TOKENS].kind, found[TOKENS].unit) == ("histogram", "{token}")
    tokens = found[TOKENS].series
    read = tokens[(*call, ("gen_ai.token.type", "input"))]
    written = tokens[(*call, ("gen_ai.token.type", "output"))]
    assert isinstance(read, Buckets)
    assert isinstance(written, Buckets)
    assert read.bounds == (
        1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216,
        67108864,
    )  # fmt: skip
    assert (read.count, read.total) == (2, 700)
    assert (written.count, written.total) == (2, 10)


def test_a_failed_call_says_how() -> None:
    """It has no model that answered, and no tokens."""
    found = counted(failed())
    (tags,) = found[DURATION].series
    assert dict(tags) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "primary",
        "error.type": "overloaded",
    }
    assert found[TOKENS].series == {}


def test_tokens_that_are_not_known_are_not_told() -> None:
    """They would be told as none."""
    end = ModelStep("primary", [], "end_turn")
    found = counted(ModelCalled("turn_1", "primary", "ok", 1.0, end=end))
    assert len(found[DURATION].series) == 1
    assert found[TOKENS].series == {}


def test_series_are_bounded() -> None:
    """A server may call its model what it likes."""
    many = [answered(by=f"model {number}") for number in range(2 * MAX_SERIES)]
    for reading in counted(*many).values():
        assert len(reading.series) == MAX_SERIES + 1
        assert any(("gen_ai.response.model", OTHER) in tags for tags in reading.series)


def test_the_page_has_each_attribute() -> None:
    """And the unit."""
    found = counted(answered(), failed()).values()
    for reading in found:
        row_of = rf"^\| `{reading.name}` \|(.*)\|$"
        (row,) = re.findall(row_of, PAGE.read_text(), re.MULTILINE)
        unit, attributes, _ = row.split(" | ")
        assert unit.strip() == reading.unit
        said = {name for tags in reading.series for name, _ in tags}
        assert set(re.findall(r"`([^`]+)`", attributes)) == said
