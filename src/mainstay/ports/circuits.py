"""Circuits: what all processes know of one another's breakers, and may lose any time.

A circuit is the part of a breaker that is the same everywhere: its generation, when its
trials begin, who has one, how they went, and what an operator said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

CircuitState = Literal["closed", "open", "half_open"]
TrialResult = Literal["quick", "slow", "none"]
ForcedState = Literal["open", "closed", "auto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """An operator's word about a breaker.

    Args:
        number: another one for each word.
        state: ``auto`` leaves the breaker to itself.
        for_s: seconds from now for which it holds; 0 when it is over.
        reason: why.
    """

    number: int
    state: ForcedState
    for_s: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """One breaker as all processes know it.

    Args:
        name: the breaker.
        epoch: its generation, another number at each opening; 0 when nobody has told of
            one, and then the state says nothing.
        state: where it stands.
        for_s: seconds from now until trials may begin; 0 unless open.
        ramps: whether closing begins with a share of the calls.
        reopened: how often the open time has doubled.
        slow: trials of this generation that worked, but slowly.
        granted: whether who asked for a trial has one.
        force: the last word of an operator, or None.
    """

    name: str
    epoch: int = 0
    state: CircuitState = "closed"
    for_s: float = 0.0
    ramps: bool = False
    reopened: int = 0
    slow: int = 0
    granted: bool = False
    force: Force | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opened a breaker.

    Args:
        for_s: seconds until trials may begin.
        ramps: whether something failed.
        reopened: how often the open time has doubled by now.
    """

    for_s: float
    ramps: bool
    reopened: int


class Circuits(Protocol):
    """Shared by all processes; None means that they cannot be had: go on alone.

    Each verb is atomic over all processes and measures time by one clock.
    """

    @property
    def is_up(self) -> bool:
        """Whether they can be had, as far as is known; asks nobody."""
        ...

    async def look(self, names: Sequence[str]) -> Sequence[Circuit] | None:
        """Return the named circuits, in this order."""
        ...

    async def open(self, name: str, epoch: int, opening: Opening) -> Circuit | None:
        """Open a circuit for all: a new generation, without trials.

        Refused when its generation is later than ``epoch``: what was learnt then is
        old. An opening never ends an earlier one before its time.
        """
        ...

    async def probe(
        self, name: str, epoch: int, place: str, limit: int, lost_s: float
    ) -> Circuit | None:
        """Ask for a trial, under a name of the caller's own.

        Granted when the open time is over and fewer than ``limit`` trials are out, in
        all processes together. A trial that does not report within ``lost_s`` seconds
        is given up. Where nothing is known, or nothing later than an earlier
        generation, ``epoch`` becomes the generation: what came after was lost.
        """
        ...

    async def begin_trials(self, name: str, epoch: int) -> Circuit | None:
        """End the open time: a call got through. Ignored in a later generation."""
        ...

    async def report(
        self, name: str, epoch: int, place: str, result: TrialResult, successes: int
    ) -> Circuit | None:
        """Give a trial back, with what it told; ``successes`` quick ones close it.

        Ignored in a later generation, and where the trial was given up. ``none`` gives
        it back whatever its generation: who never heard that it was granted asked in
        an earlier one.
        """
        ...

    async def force(
        self, name: str, state: ForcedState, for_s: float, reason: str
    ) -> Circuit | None:
        """Note an operator's word, in place of the one before.

        ``open`` and ``closed`` begin a generation, which is so for ``for_s`` seconds
        and goes on with trials, or closed. ``auto`` ends a forced opening.
        """
        ...
