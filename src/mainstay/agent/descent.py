"""Which level comes next, by the cause of the last failure: pure rules.

Source: the failure table in docs/reference/failures.md, read from the Claude API's
errors page (https://platform.claude.com/docs/en/api/errors).
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


def decide(
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
        case "invalid" | "auth" | "spent":
            return Descend(3, escalate=True)
        case "slow" | "truncated" if level == 0 and not (failure.several and fallback):
            return Descend(1)
        case kind if tried == 1 and not failure.shown:
            last = level == 2 or not fallback
            return _first(kind, failure.retry_after_s, last=last) or Descend(below)
        case _:
            return Descend(below)


def _first(
    kind: FailureKind, retry_after_s: float | None, *, last: bool
) -> Retry | None:
    """Return the retry that a level's first failure is worth, if nothing was shown.

    Args:
        kind: the failure's.
        retry_after_s: what the other side asked for.
        last: whether no other model is left, so that haste does not help.
    """
    match kind:
        case "overloaded" if last:
            return Retry()
        case "rate_limited" | "ramp_limited" if retry_after_s is not None:
            return Retry(retry_after_s)
        case _ if kind in RETRIED:
            return Retry()
        case _:
            return None
