"""Operations over HTTP: queue, dead turns, breakers, API keys (admin role)."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mainstay.gateway.bodies import Body
from mainstay.gateway.deps import GatewayDeps
from mainstay.gateway.front import Front
from mainstay.gateway.keyring import KeyRing, digest_of, new_secret
from mainstay.gateway.texts import ID_PATTERN, Text, checked_text
from mainstay.gateway.views import Timestamp, timestamp
from mainstay.gateway.wakes import Wakes
from mainstay.ports.keys import ApiKey, KeyRole

MAX_REDRIVE = 100

TurnId = Annotated[str, Meta(pattern=ID_PATTERN)]


class QueueView(msgspec.Struct, frozen=True):
    """Depth and age of the backlog."""

    ready: int
    in_flight: int
    delayed: int
    dead: int
    oldest_age_s: float
    exact: bool


class DeadTurn(msgspec.Struct, frozen=True):
    """A turn that gave up."""

    turn_id: str
    conversation_id: str
    attempt: int
    strikes: int
    accepted_at: Timestamp | None
    died_at: Timestamp | None


class DeadView(msgspec.Struct, frozen=True):
    """Dead turns, newest first, 100 at most."""

    dead: Sequence[DeadTurn]


class RedriveBody(Body, frozen=True):
    """Which dead turns get new attempts; all of them without ids."""

    turn_ids: (
        Annotated[list[TurnId], Meta(min_length=1, max_length=MAX_REDRIVE)] | None
    ) = None


class RedriveView(msgspec.Struct, frozen=True):
    """How many turns got new attempts."""

    redriven: int


class BreakerView(msgspec.Struct, frozen=True):
    """A circuit breaker."""

    name: str
    state: str
    failures: int
    retry_in_s: float | None


class BreakersView(msgspec.Struct, frozen=True):
    """This process's circuit breakers."""

    breakers: Sequence[BreakerView]


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


class AdminRoutes:
    """The routes of administrators.

    Args:
        deps: the ports.
        ring: forgets keys when they change.
        wakes: wakes workers.
    """

    def __init__(self, deps: GatewayDeps, ring: KeyRing, wakes: Wakes) -> None:
        self._deps = deps
        self._ring = ring
        self._wakes = wakes

    def mount(self, front: Front) -> None:
        """Mount the routes."""
        base = "/v1/admin"
        looks = (
            ("queue", self.queue, QueueView, "Depth and age of the queue"),
            ("dead", self.dead, DeadView, "Dead turns"),
            ("breakers", self.breakers, BreakersView, "Circuit breakers"),
            ("keys", self.keys, KeysView, "List API keys"),
        )
        for name, work, answer, text in looks:
            path = f"{base}/{name}"
            front.staff("GET", path, work, role="admin", summary=text, answer=answer)
        front.staff(
            "POST",
            f"{base}/redrive",
            self.redrive,
            role="admin",
            summary="Give dead turns new attempts",
            answer=RedriveView,
            body=RedriveBody,
            body_required=False,
        )
        front.staff(
            "POST",
            f"{base}/keys",
            self.make_key,
            role="admin",
            summary="Make an API key",
            answer=NewKeyView,
            status=201,
            body=KeyBody,
        )
        front.staff(
            "DELETE",
            f"{base}/keys/{{id}}",
            self.revoke_key,
            role="admin",
            summary="Revoke an API key",
            answer=KeyView,
        )

    async def queue(self, _actor: str, _id: str, _body: None) -> QueueView:
        """Return depth and age of the queue."""
        s = await self._deps.queue.stats()
        return QueueView(
            s.ready, s.in_flight, s.delayed, s.dead, s.oldest_age_s, s.exact
        )

    async def dead(self, _actor: str, _id: str, _body: None) -> DeadView:
        """Return dead turns."""
        return DeadView([_dead_turn(row) for row in await self._deps.desk.dead()])

    async def redrive(self, actor: str, _id: str, body: RedriveBody) -> RedriveView:
        """Give dead turns new attempts and wake the workers for them."""
        dead = await self._deps.desk.dead()
        redriven = await self._deps.desk.redrive(body.turn_ids, actor)
        chosen = {
            row["conversation_id"]
            for row in dead
            if body.turn_ids is None or row["turn_id"] in body.turn_ids
        }
        for conversation_id in chosen:
            self._deps.feed.notify(conversation_id)
        await self._wakes.send(chosen)
        return RedriveView(redriven)

    async def breakers(self, _actor: str, _id: str, _body: None) -> BreakersView:
        """Return the circuit breakers."""
        return BreakersView(
            [
                BreakerView(b.name, b.state, b.failures, b.retry_in_s)
                for b in self._deps.breakers()
            ]
        )

    async def keys(self, _actor: str, _id: str, _body: None) -> KeysView:
        """Return all API keys."""
        return KeysView([_key_view(key) for key in await self._deps.keys.list()])

    async def make_key(self, _actor: str, _id: str, body: KeyBody) -> NewKeyView:
        """Make an API key; this is the only time its secret is seen."""
        checked_text(body.name, "name")
        secret = new_secret()
        key = await self._deps.keys.add(digest_of(secret), body.role, body.name)
        created = timestamp(key.created_at_ms)
        return NewKeyView(key.id, key.role, key.name, created, secret)

    async def revoke_key(self, _actor: str, id_: str, _body: None) -> KeyView:
        """Revoke an API key; here at once, elsewhere within 5 seconds."""
        key = await self._deps.keys.revoke(id_)
        self._ring.forget()
        return _key_view(key)


def _key_view(key: ApiKey) -> KeyView:
    revoked = None if key.revoked_at_ms is None else timestamp(key.revoked_at_ms)
    return KeyView(key.id, key.role, key.name, timestamp(key.created_at_ms), revoked)


def _dead_turn(row: Any) -> DeadTurn:
    accepted, died = row.get("accepted_at_ms"), row.get("died_at_ms")
    return DeadTurn(
        row["turn_id"],
        row["conversation_id"],
        row.get("attempt", 0),
        row.get("strikes", 0),
        None if accepted is None else timestamp(accepted),
        None if died is None else timestamp(died),
    )
