"""What a model does wrong: every row of the failure table, in simulated time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from mainstay.domain.model_call import FailureKind, ModelFailure

Fault = (
    FailureKind
    | Literal[
        "trickle",
        "refusal",
        "max_tokens",
        "pause_turn",
        "overloaded_late",
        "late_success",
    ]
)
"""A failure's kind, or: ``trickle``, content so slow that the call's time ends;
``refusal``, ``max_tokens`` and ``pause_turn``, stop reasons; ``overloaded_late``, an
error event after the first words; ``late_success``, an answer whose first token came
after 7 seconds."""

FAULTS: tuple[Fault, ...] = (
    *get_args(FailureKind),
    "trickle",
    "refusal",
    "max_tokens",
    "pause_turn",
    "overloaded_late",
    "late_success",
)

_STATUS: dict[FailureKind, int] = {
    "invalid": 400,
    "too_long": 413,
    "auth": 401,
    "rotated": 401,
    "model_gone": 404,
    "conflict": 409,
    "rate_limited": 429,
    "overloaded": 529,
    "server": 500,
}

SHOWN: frozenset[Fault] = frozenset({"cut", "incomplete", "overloaded_late", "trickle"})
"""Faults that come after the first words."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which some calls to a model fail in one way.

    Args:
        fault: how.
        share: of the calls, 0 to 1.
        retry_after_s: what a rate limit says, seconds, or None.
    """

    fault: Fault
    share: float
    retry_after_s: float | None = None

    def failure(self) -> ModelFailure:
        """Return what the call ends with, where that is a failure."""
        kind: FailureKind
        match self.fault:
            case "trickle":
                kind = "slow"
            case "overloaded_late":
                kind = "overloaded"
            case "refusal" | "max_tokens" | "pause_turn" | "late_success":
                raise ValueError(f"{self.fault} is no failure")
            case _:
                kind = self.fault
        after_s = self.retry_after_s if kind == "rate_limited" else None
        shown = self.fault in SHOWN
        return ModelFailure(kind, "simulated", _STATUS.get(kind), after_s, shown)


class Weather:
    """Which model is in which spell just now; the newest spell of a model counts.

    Args:
        happens: draws whether something happens, given its share.
    """

    def __init__(self, happens: Callable[[float], bool]) -> None:
        self._happens = happens
        self._spells: dict[str, list[Spell]] = {}

    def begin(self, model: str, spell: Spell) -> None:
        """Begin a spell."""
        self._spells.setdefault(model, []).append(spell)

    def end(self, model: str, spell: Spell) -> None:
        """End a spell."""
        self._spells[model].remove(spell)

    def strikes(self, model: str) -> Spell | None:
        """Return the spell that makes this call fail, or None."""
        spells = self._spells.get(model)
        if not spells or not self._happens(spells[-1].share):
            return None
        return spells[-1]
