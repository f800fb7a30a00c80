"""Which level follows which failure."""

from typing import get_args

import pytest

from mainstay.agent.descent import Again, Compact, Decision, Descend, Retry, decide
from mainstay.domain.model_call import FailureKind, ModelFailure


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("server", Retry(), Descend(2)),
        ("cut", Retry(), Descend(2)),
        ("incomplete", Retry(), Descend(2)),
        ("garbled", Retry(), Descend(2)),
        ("conflict", Retry(), Descend(2)),
        ("overloaded", Descend(2), Descend(2)),
        ("model_gone", Descend(2), Descend(2)),
        ("shed", Descend(2), Descend(2)),
        ("slow", Descend(1), Descend(1)),
        ("invalid", Descend(3, escalate=True), Descend(3, escalate=True)),
        ("spent", Descend(3, escalate=True), Descend(3, escalate=True)),
        ("ramp_limited", Descend(2), Descend(2)),
        ("truncated", Descend(1), Descend(1)),
        ("unforeseen", Descend(2), Descend(2)),
        ("auth", Descend(3, escalate=True), Descend(3, escalate=True)),
        ("rotated", Again(), Again()),
        ("too_long", Compact(), Compact()),
        ("rate_limited", Descend(2), Descend(2)),
    ],
)
def test_the_cause_chooses_the_level(
    kind: FailureKind, first: Decision, second: Decision
) -> None:
    """Each kind of failure on level 0 leads where the published table says."""
    failure = ModelFailure(kind, "")
    assert decide(0, failure, 1) == first
    assert decide(0, failure, 2) == second


@pytest.mark.parametrize("kind", ["rate_limited", "ramp_limited"])
def test_a_limit_that_says_when_is_waited_for_once(kind: FailureKind) -> None:
    """429 with Retry-After is tried again after it, then the other pool is."""
    failure = ModelFailure(kind, "", retry_after_s=2.5)
    assert decide(0, failure, 1) == Retry(2.5)
    assert decide(0, failure, 2) == Descend(2)


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_a_shown_answer_is_not_tried_again(kind: FailureKind) -> None:
    """What the customer saw in part is not started over, whatever broke it off."""
    for level in (0, 1, 2):
        failure = ModelFailure(kind, "", retry_after_s=0.1, shown=True)
        assert not isinstance(decide(level, failure, 1), Retry)


def test_below_the_fallback_model_comes_the_cache() -> None:
    """Level 2's failures lead to level 3."""
    assert decide(2, ModelFailure("model_gone", ""), 1) == Descend(3)
    assert decide(2, ModelFailure("slow", ""), 1) == Descend(3)
    assert decide(2, ModelFailure("truncated", ""), 1) == Descend(3)


def test_a_slow_level_1_leads_to_the_other_model() -> None:
    """The primary gets no third chance when it was slow twice."""
    assert decide(1, ModelFailure("slow", ""), 1) == Descend(2)


def test_an_overloaded_model_is_tried_again_only_where_there_is_no_other() -> None:
    """529 leads to the other model at once; the last one gets one more chance."""
    failure = ModelFailure("overloaded", "")
    assert decide(0, failure, 1, fallback=False) == Retry()
    assert decide(0, failure, 2, fallback=False) == Descend(2)
    assert decide(2, failure, 1) == Retry()
    assert decide(2, failure, 2) == Descend(3)
