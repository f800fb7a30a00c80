"""What a world leaves behind for its judges."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mainstay.ports.telemetry import AnyEvent, BreakerChanged
from mainstay.testing.simulation.availability import Availability
from mainstay.testing.simulation.history import Said
from mainstay.testing.simulation.model import Call
from mainstay.testing.simulation.outside import Deed
from mainstay.testing.simulation.people import Promise


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn at the world's end."""

    id: str
    conversation_id: str
    first_seq: int
    last_seq: int
    state: str
    held_at_ms: int | None
    approval_id: str | None


@dataclass(frozen=True, slots=True)
class EffectRow:
    """An effect at the world's end."""

    key: str
    conversation_id: str
    turn_id: str
    tool: str
    order: int
    state: str


@dataclass(frozen=True)
class Evidence:
    """Everything that judges look at; times are simulated seconds.

    Args:
        connection: the database, at the end.
        now_ms: the store's time at the end.
        said: every message, in order of their commits.
        owners: conversation → its owners, and from when on.
        promises: every 202.
        deeds: what was done in the world outside.
        calls: every model call.
        told: every telemetry event: when, by whom.
        changes: every change of a breaker: number of its line in the trace, by whom.
        availability: when anybody could be served.
        seen: what the witness in the database saw.
        late_burials: dead processes that kept their leases.
        faults: what callbacks raised, and requests no API would take.
        is_fleet: whether the processes share a cache that is never away.
        in_flight: turns that still run in some worker.
    """

    connection: sqlite3.Connection
    now_ms: int
    said: Sequence[Said]
    owners: dict[str, list[tuple[float, str]]]
    promises: Sequence[Promise]
    deeds: Sequence[Deed]
    calls: Sequence[Call]
    told: Sequence[tuple[float, str, AnyEvent]]
    changes: Sequence[tuple[int, str, BreakerChanged]]
    availability: Availability
    seen: Sequence[str]
    late_burials: Sequence[str]
    faults: Sequence[str]
    is_fleet: bool
    in_flight: int

    @cached_property
    def turns(self) -> list[TurnRow]:
        """Every turn."""
        rows = self.rows(
            "SELECT id, conversation_id, first_seq, last_seq, state, held_at_ms, "
            "approval_id FROM turns ORDER BY id"
        )
        return [TurnRow(*row) for row in rows]

    @cached_property
    def effects(self) -> list[EffectRow]:
        """Every effect."""
        rows = self.rows(
            "SELECT key, conversation_id, turn_id, tool, args, state FROM effects "
            "ORDER BY key"
        )
        return [
            EffectRow(key, conversation_id, turn_id, tool, _order(args), state)
            for key, conversation_id, turn_id, tool, args, state in rows
        ]

    def covering(self, said: Said) -> list[TurnRow]:
        """Return the turns that a customer's message belongs to."""
        return [
            turn
            for turn in self.turns
            if turn.conversation_id == said.conversation_id
            and turn.first_seq <= said.seq <= turn.last_seq
        ]

    def replies(self, turn_id: str) -> list[Said]:
        """Return an agent's messages of a turn, in order."""
        return [s for s in self.said if s.turn_id == turn_id and s.role == "agent"]

    def customers(self) -> list[Said]:
        """Return what customers wrote, in order."""
        return [s for s in self.said if s.role == "customer"]

    def rows(self, sql: str) -> list[Any]:
        """Return the rows of a query."""
        return self.connection.execute(sql).fetchall()


def _order(args: str) -> int:
    order: int = json.loads(args)["order"]
    return order
