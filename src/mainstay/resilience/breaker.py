"""Placeholder permit until the full breaker lands in the next change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock

State = Literal["closed", "open", "half_open"]


class Breaker:
    def __init__(self, clock: Clock, random: Random, *, on_change: Callable[[str], None]) -> None:
        self.state: State = "closed"

    def admit(self) -> "Permit | None":
        return Permit()

    def trip(self, for_s: float) -> None:
        return None


@dataclass
class Permit:
    def success(self, *, slow: bool = False) -> None: ...
    def failure(self) -> None: ...
    def neutral(self) -> None: ...
