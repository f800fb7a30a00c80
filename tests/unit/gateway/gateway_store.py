"""A fake store: inbox, conversations and desk over dictionaries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from gateway_ports import NOW_MS, FakeFeed, FakeIds

from mainstay.domain.conversation import Conversation
from mainstay.domain.errors import Conflict, NotFound, StoreUnavailable
from mainstay.domain.event import Event, EventKind
from mainstay.domain.message import Message
from mainstay.domain.reply import Reply
from mainstay.domain.step import Usage
from mainstay.ports.conversations import SlowTurn, TurnView
from mainstay.ports.desk import DeadTurn, Escalation
from mainstay.ports.inbox import (
    Accepted,
    KeyReused,
    NewConversation,
    NewMessage,
    NoConversation,
)
from mainstay.ports.journal import Approval

if TYPE_CHECKING:
    import asyncio


class FakeStore:
    """Inbox, conversations and desk over dictionaries."""

    def __init__(self, ids: FakeIds, feed: FakeFeed) -> None:
        self.ids = ids
        self.feed = feed
        self.down = False
        self.stuck: asyncio.Event | None = None
        self.reads = 0
        self.known: dict[str, Conversation] = {}
        self.log: dict[str, list[Message]] = defaultdict(list)
        self.story: dict[str, list[Event]] = defaultdict(list)
        self.turns: dict[str, TurnView] = {}
        self.accepted: list[NewMessage] = []
        self.remembered: dict[tuple[str, str], tuple[str, Accepted]] = {}
        self.waiting: dict[str, Approval] = {}
        self.items: list[Escalation] = []
        self.done: list[tuple[object, ...]] = []
        self.dead_rows: list[DeadTurn] = []
        self.slow_rows: list[SlowTurn] = []

    async def _reach(self) -> None:
        if self.down:
            raise StoreUnavailable("disk full")
        if self.stuck is not None:
            await self.stuck.wait()

    async def open(self, new: NewConversation) -> Conversation:
        """Store a conversation."""
        await self._reach()
        id_ = self.ids.new("conv")
        self.known[id_] = Conversation(
            id_, new.customer_id, new.channel, new.metadata, "ai", 0, NOW_MS
        )
        return self.known[id_]

    async def replay(self, new: NewMessage) -> Accepted | KeyReused | None:
        """Look a key up."""
        for key in new.keys:
            before = self.remembered.get((new.conversation_id, key))
            if before is not None and before[0] != new.digest:
                return KeyReused(key)
            if before is not None:
                return replace(before[1], replayed=True)
        return None

    async def accept(self, new: NewMessage) -> Accepted | KeyReused | NoConversation:
        """Store a message."""
        await self._reach()
        to = self.known.get(new.conversation_id)
        if to is None or new.customer_id not in (None, to.customer_id):
            return NoConversation()
        before = await self.replay(new)
        if before is not None:
            return before
        turn_id = self.ids.new("turn")
        message = self.say(new.conversation_id, "customer", new.text, turn_id)
        self.turns[turn_id] = TurnView(
            turn_id, to.id, to.customer_id, "pending", None, held=False, steps=(),
            effects=(), usage=Usage(), cost_usd=0.0, timings_ms={}, attempt=0,
        )  # fmt: skip
        accepted = Accepted(message.id, message.seq, turn_id, replayed=False)
        self.accepted.append(new)
        for key in new.keys:
            self.remembered[new.conversation_id, key] = (new.digest, accepted)
        return accepted

    def say(
        self,
        conversation_id: str,
        role: Literal["customer", "agent", "human"],
        text: str,
        turn_id: str | None,
    ) -> Message:
        """Store a message and its event, and tell the feed."""
        log = self.log[conversation_id]
        level = 0 if role == "agent" else None
        model = "claude" if role == "agent" else None
        message = Message(
            self.ids.new("msg"), len(log) + 1, role, text, turn_id, level, model, NOW_MS
        )
        log.append(message)
        data = {"seq": message.seq, "text": text, "created_at_ms": NOW_MS}
        self.tell(conversation_id, "message", data)
        return message

    def tell(
        self, conversation_id: str, kind: EventKind, data: Mapping[str, Any]
    ) -> None:
        """Store an event, and tell the feed."""
        story = self.story[conversation_id]
        story.append(Event(len(story) + 1, kind, data))
        self.feed.notify(conversation_id)

    def answer(self, turn_id: str, text: str) -> None:
        """Answer a turn."""
        turn = self.turns[turn_id]
        self.turns[turn_id] = replace(
            turn, state="answered", reply=Reply(text, "claude", True, 0)
        )
        self.say(turn.conversation_id, "agent", text, turn_id)

    async def get(self, conversation_id: str) -> Conversation | None:
        """Return a conversation."""
        await self._reach()
        self.reads += 1
        return self.known.get(conversation_id)

    async def messages(
        self, conversation_id: str, after: int, limit: int
    ) -> list[Message]:
        """Return messages."""
        await self._reach()
        return [m for m in self.log[conversation_id] if m.seq > after][:limit]

    async def events(self, conversation_id: str, after: int, limit: int) -> list[Event]:
        """Return events."""
        await self._reach()
        self.reads += 1
        return [e for e in self.story[conversation_id] if e.id > after][:limit]

    async def turn(self, turn_id: str) -> TurnView | None:
        """Return a turn."""
        await self._reach()
        return self.turns.get(turn_id)

    async def reply(self, turn_id: str) -> Reply | None:
        """Return a reply."""
        await self._reach()
        self.reads += 1
        return self.turns[turn_id].reply

    async def slowest(self, limit: int) -> list[SlowTurn]:
        """Return slow turns."""
        return self.slow_rows[:limit]


class FakeDesk:
    """The human side of a fake store."""

    def __init__(self, store: FakeStore) -> None:
        self.store = store
        self.done: list[tuple[object, ...]] = []

    def _give(self, id_: str, owner: Literal["ai", "human"]) -> bool:
        if id_ not in self.store.known:
            raise NotFound(id_)
        changed = self.store.known[id_].owner != owner
        self.store.known[id_] = replace(self.store.known[id_], owner=owner)
        return changed

    async def take_over(self, conversation_id: str, actor: str, reason: str) -> bool:
        """Give to a human."""
        self.done.append(("take_over", conversation_id, actor, reason))
        return self._give(conversation_id, "human")

    async def hand_back(self, conversation_id: str, actor: str) -> bool:
        """Give to the AI."""
        self.done.append(("hand_back", conversation_id, actor))
        return self._give(conversation_id, "ai")

    async def reply(self, conversation_id: str, actor: str, text: str) -> Message:
        """Store a human's message."""
        if conversation_id not in self.store.known:
            raise NotFound(conversation_id)
        if self.store.known[conversation_id].owner == "ai":
            raise Conflict("the AI owns this conversation; take it over first")
        self.done.append(("reply", conversation_id, actor))
        return self.store.say(conversation_id, "human", text, None)

    async def approvals(self) -> Sequence[Approval]:
        """Return what waits."""
        return [a for a in self.store.waiting.values() if a.state == "waiting"]

    async def decide(
        self, approval_id: str, actor: str, decision: Literal["approve", "deny"]
    ) -> Approval:
        """Decide."""
        approval = self.store.waiting.get(approval_id)
        if approval is None:
            raise NotFound(approval_id)
        if approval.state != "waiting":
            raise Conflict(f"it was {approval.state} already")
        self.done.append(("decide", approval_id, actor))
        state: Any = {"approve": "approved", "deny": "denied"}[decision]
        self.store.waiting[approval_id] = replace(approval, state=state)
        return self.store.waiting[approval_id]

    async def escalations(self) -> Sequence[Escalation]:
        """Return the inbox."""
        return self.store.items

    async def redrive(self, turn_ids: Sequence[str] | None, actor: str) -> int:
        """Revive turns."""
        rows = self.store.dead_rows
        back = [r for r in rows if turn_ids is None or r.turn_id in turn_ids]
        self.store.dead_rows = [r for r in rows if r not in back]
        self.done.append(("redrive", actor))
        return len(back)

    async def dead(self) -> Sequence[DeadTurn]:
        """Return dead turns."""
        return list(self.store.dead_rows)
