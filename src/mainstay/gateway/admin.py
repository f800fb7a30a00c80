"""Operations over HTTP: queue, dead turns, API keys, spend (admin role)."""

from mainstay.domain.moment import timestamp
from mainstay.gateway.admin_views import (
    MAX_SLOW,
    MAX_SPENDERS,
    DeadTurnView,
    DeadView,
    KeyBody,
    KeysView,
    KeyView,
    NewKeyView,
    QueueView,
    RedriveBody,
    RedriveView,
    SlowTurnsView,
    SlowTurnView,
    SpendView,
)
from mainstay.gateway.deps import GatewayDeps
from mainstay.gateway.keyring import KeyRing, digest_of, new_secret
from mainstay.gateway.texts import checked_text
from mainstay.gateway.wakes import Wakes
from mainstay.ports.front import Front, StaffRoute


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
            ("turns", self.turns, SlowTurnsView, "The slowest turns"),
            ("keys", self.keys, KeysView, "List API keys"),
            ("spend", self.spend, SpendView, "What models cost today"),
        )
        for name, work, answer, summary in looks:
            path = f"{base}/{name}"
            front.staff(StaffRoute("GET", path, work, "admin", summary, answer))
        front.staff(
            StaffRoute(
                "POST",
                f"{base}/redrive",
                self.redrive,
                role="admin",
                summary="Give dead turns new attempts",
                answer=RedriveView,
                body=RedriveBody,
                body_required=False,
            ),
            StaffRoute(
                "POST",
                f"{base}/keys",
                self.make_key,
                role="admin",
                summary="Make an API key",
                answer=NewKeyView,
                status=201,
                body=KeyBody,
            ),
            StaffRoute(
                "DELETE",
                f"{base}/keys/{{id}}",
                self.revoke_key,
                role="admin",
                summary="Revoke an API key",
                answer=KeyView,
            ),
        )

    async def queue(self, _actor: str, _id: str, _body: None) -> QueueView:
        """Return depth and age of the queue."""
        s = await self._deps.queue.stats()
        return QueueView(
            s.ready, s.in_flight, s.delayed, s.dead, s.oldest_age_s, s.exact
        )

    async def dead(self, _actor: str, _id: str, _body: None) -> DeadView:
        """Return dead turns."""
        return DeadView(
            [DeadTurnView.of(turn) for turn in await self._deps.desk.dead()]
        )

    async def turns(self, _actor: str, _id: str, _body: None) -> SlowTurnsView:
        """Return the slowest turns: open ones, then those that ended lately."""
        found = await self._deps.conversations.slowest(MAX_SLOW)
        return SlowTurnsView([SlowTurnView.of(turn) for turn in found])

    async def redrive(self, actor: str, _id: str, body: RedriveBody) -> RedriveView:
        """Give dead turns new attempts and wake the workers for them."""
        dead = await self._deps.desk.dead()
        redriven = await self._deps.desk.redrive(body.turn_ids, actor)
        chosen = {
            turn.conversation_id
            for turn in dead
            if body.turn_ids is None or turn.turn_id in body.turn_ids
        }
        for conversation_id in chosen:
            self._deps.feed.notify(conversation_id)
        await self._wakes.send(chosen)
        return RedriveView(redriven)

    async def spend(self, _actor: str, _id: str, _body: None) -> SpendView:
        """Return what models cost this UTC day, and which customers most."""
        return SpendView.of(await self._deps.spend.today(MAX_SPENDERS))

    async def keys(self, _actor: str, _id: str, _body: None) -> KeysView:
        """Return all API keys."""
        return KeysView([KeyView.of(key) for key in await self._deps.keys.list()])

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
        return KeyView.of(key)
