"""Tells what became of a customer's message."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from starlette.types import Scope

from mainstay.gateway.deps import GatewayDeps
from mainstay.gateway.problems import Problem
from mainstay.ports.front_events import Fate, MessageTaken
from mainstay.ports.inbox import Accepted

REFUSED: Mapping[int, Fate] = {404: "not_found", 409: "key_reused"}
"""What the store refuses, by the status that tells it."""


class Taken:
    """Watches a message being stored, and tells telemetry how that ended.

    Args:
        deps: clock and telemetry.
        scope: of the message's request.
    """

    __slots__ = ("_accepted", "_deps", "_scope")

    def __init__(self, deps: GatewayDeps, scope: Scope) -> None:
        self._deps = deps
        self._scope = scope
        self._accepted: Accepted | None = None

    def note(self, accepted: Accepted) -> Accepted:
        """Note that it is stored, now or before, and return the same."""
        self._accepted = accepted
        return accepted

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        spent_s = self._deps.clock.monotonic_s() - self._scope["state"]["began_s"]
        outcome: Fate = "failed"
        turn_id = ""
        if self._accepted is not None:
            outcome = "replayed" if self._accepted.replayed else "stored"
            turn_id = self._accepted.turn_id
        elif isinstance(error, Problem):
            outcome = REFUSED.get(error.status, "failed")
        self._deps.telemetry.emit(MessageTaken(turn_id, outcome, spent_s * 1000))
