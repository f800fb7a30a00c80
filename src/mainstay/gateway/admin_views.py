"""What the administrators' routes take and say."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from mainstay.domain.moment import timestamp
from mainstay.domain.reply import Level
from mainstay.domain.turn import TurnState
from mainstay.gateway.bodies import Body
from mainstay.gateway.texts import ID_PATTERN, Text
from mainstay.gateway.views import Timestamp
from mainstay.ports.conversations import SlowTurn
from mainstay.ports.desk import DeadTurn
from mainstay.ports.keys import ApiKey, KeyRole
from mainstay.ports.spend import DaySpend

MAX_REDRIVE = 100
MAX_SPENDERS = 100
MAX_SLOW = 20

TurnId = Annotated[str, Meta(pattern=ID_PATTERN)]


class QueueView(msgspec.Struct, frozen=True):
    """Depth and age of the backlog."""

    ready: int
    in_flight: int
    delayed: int
    dead: int
    oldest_age_s: float
    exact: bool


class DeadTurnView(msgspec.Struct, frozen=True):
    """A turn that gave up."""

    turn_id: str
    conversation_id: str
    attempt: int
    strikes: int
    accepted_at: Timestamp
    died_at: Timestamp | None

    @classmethod
    def of(cls, turn: DeadTurn) -> "DeadTurnView":
        """Return the view of a dead turn."""
        return cls(
            turn.turn_id,
            turn.conversation_id,
            turn.attempt,
            turn.strikes,
            timestamp(turn.accepted_at_ms),
            _or_none(turn.died_at_ms),
        )


class DeadView(msgspec.Struct, frozen=True):
    """Dead turns, newest first, 100 at most."""

    dead: Sequence[DeadTurnView]


class SlowTurnView(msgspec.Struct, frozen=True):
    """A turn whose customer waits, or waited, long."""

    turn_id: str
    conversation_id: str
    state: TurnState
    attempt: int
    held: bool
    fallback_level: Level | None
    accepted_at: Timestamp
    waited_ms: int

    @classmethod
    def of(cls, turn: SlowTurn) -> "SlowTurnView":
        """Return the view of a slow turn."""
        return cls(
            turn.turn_id,
            turn.conversation_id,
            turn.state,
            turn.attempt,
            turn.held,
            turn.level,
            timestamp(turn.accepted_at_ms),
            turn.waited_ms,
        )


class SlowTurnsView(msgspec.Struct, frozen=True):
    """The slowest: 20 at most that are open, then 20 that ended within 5 minutes."""

    turns: Sequence[SlowTurnView]


class RedriveBody(Body, frozen=True):
    """Which dead turns get new attempts; all of them without ids."""

    turn_ids: (
        Annotated[list[TurnId], Meta(min_length=1, max_length=MAX_REDRIVE)] | None
    ) = None


class RedriveView(msgspec.Struct, frozen=True):
    """How many turns got new attempts."""

    redriven: int


class KeyBody(Body, frozen=True):
    """An API key to make."""

    name: Annotated[Text, Meta(max_length=100)]
    role: KeyRole = "client"


class KeyView(msgspec.Struct, frozen=True):
    """An API key; the secret itself is not stored."""

    id: str
    role: KeyRole
    name: str
    created_at: Timestamp
    revoked_at: Timestamp | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyView":
        """Return the view of a key."""
        created = timestamp(key.created_at_ms)
        return cls(key.id, key.role, key.name, created, _or_none(key.revoked_at_ms))


class NewKeyView(msgspec.Struct, frozen=True):
    """A new API key with its secret, shown this once."""

    id: str
    role: KeyRole
    name: str
    created_at: Timestamp
    secret: str


class KeysView(msgspec.Struct, frozen=True):
    """All API keys, oldest first."""

    keys: Sequence[KeyView]


class SpenderView(msgspec.Struct, frozen=True):
    """A customer, and what models cost for it."""

    customer_id: str
    tokens: int
    usd: float


class SpendView(msgspec.Struct, frozen=True):
    """One UTC day; the dearest customers first, 100 at most."""

    day: str
    tokens: int
    usd: float
    customers: Sequence[SpenderView]

    @classmethod
    def of(cls, spend: DaySpend) -> "SpendView":
        """Return the view of a day."""
        customers = [
            SpenderView(customer_id, one.tokens, one.usd)
            for customer_id, one in spend.customers.items()
        ]
        return cls(spend.day, spend.total.tokens, spend.total.usd, customers)


def _or_none(ms: int | None) -> str | None:
    return None if ms is None else timestamp(ms)
