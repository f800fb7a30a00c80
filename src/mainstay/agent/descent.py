"""Which level comes next, by the cause of the last failure: pure rules.

Source: the failure table of the Claude API's errors page
(https://docs.claude.com/en/api/errors) as this project reads it in docs/reference.
"""

from dataclasses import dataclass
from typing import Literal

from mainstay.domain.model_call import FailureKind, ModelFailure
from mainstay.domain.reply import Level


@dataclass(frozen=True, slots=True)
class Retry:
    """Try the same level again after a pause."""

    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Try the same level again at once; free of the budget, for it cost no model."""


@dataclass(frozen=True, slots=True)
class Compact:
    """Send less and try the same level again."""


@dataclass(frozen=True, slots=True)
class Descend:
    """Go to a lower level."""

    to: Level
    escalate: bool = False


Decision = Retry | Again | Compact | Descend

RETRIED: frozenset[FailureKind] = frozenset(
    {"server", "cut", "incomplete", "garbled", "conflict"}
)
"""Kinds tried once more on the same level."""

BREAKER_COUNTS: frozenset[FailureKind] = frozenset(
    {"server", "overloaded", "cut", "incomplete", "garbled", "slow"}
)
"""Kinds that speak against the model's health."""


def decide(  # noqa: PLR0911 - a row of the table each
    level: Literal[0, 1, 2], failure: ModelFailure, tried: int, *, fallback: bool = True
) -> Decision:
    """Return what follows a failed call.

    Args:
        level: the level that failed.
        failure: why.
        tried: calls made on this level so far, this one included.
        fallback: whether there is a level 2.
    """
    below: Level = 3 if level == 2 else 2
    match failure.kind:
        case "too_long":
            return Compact()
        case "rotated":
            return Again()
        case "invalid" | "auth":
            return Descend(3, escalate=True)
        case "overloaded" if tried == 1 and (level == 2 or not fallback):
            return Retry()
        case "slow" if level == 0:
            return Descend(1)
        case "rate_limited":
            again = tried == 1 and failure.retry_after_s is not None
            return Retry(failure.retry_after_s) if again else Descend(below)
        case kind if kind in RETRIED and tried == 1 and not failure.shown:
            return Retry()
        case _:
            return Descend(below)
