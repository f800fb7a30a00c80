"""A store under test: its ports, its clock, and what the suites do with them."""

from dataclasses import dataclass

from mainstay.domain.effect import Effect
from mainstay.domain.reply import Level, Reply
from mainstay.domain.step import ModelStep
from mainstay.domain.turn import Claim
from mainstay.ports.alerts import Alerts, Pages
from mainstay.ports.answers import Answers
from mainstay.ports.audit import Audit
from mainstay.ports.conversations import Conversations, TurnView
from mainstay.ports.desk import Desk
from mainstay.ports.findings import Findings
from mainstay.ports.hearing import Hearing
from mainstay.ports.hours import Hours
from mainstay.ports.inbox import Accepted, Inbox, NewConversation, NewMessage
from mainstay.ports.journal import Ending, Journal
from mainstay.ports.keys import Keys
from mainstay.ports.knowledge import Knowledge
from mainstay.ports.leases import Leases
from mainstay.ports.members import Members
from mainstay.ports.orders import Orders
from mainstay.ports.records import Records
from mainstay.ports.schedule import Schedule
from mainstay.ports.spend import Spend
from mainstay.ports.standing import Standings
from mainstay.ports.watch import Watch
from mainstay.testing.clock import ManualClock

LEASE_S = 10
"""How long a lease lasts without a renewal."""


@dataclass(frozen=True, slots=True)
class StorePorts:
    """One connection to a store, as one process has it."""

    inbox: Inbox
    leases: Leases
    journal: Journal
    watch: Watch
    schedule: Schedule
    conversations: Conversations
    desk: Desk
    keys: Keys
    audit: Audit
    knowledge: Knowledge
    answers: Answers
    spend: Spend
    standings: Standings
    findings: Findings
    hours: Hours
    alerts: Alerts
    pages: Pages
    orders: Orders
    members: Members
    records: Records
    hearing: Hearing
    clock: ManualClock

    async def open(self, customer_id: str = "ada") -> str:
        """Open a conversation; return its id."""
        return (await self.inbox.open(NewConversation(customer_id, "test", {}))).id

    async def say(self, conversation_id: str, text: str = "Hello") -> Accepted:
        """Accept a message without keys."""
        accepted = await self.inbox.accept(message(conversation_id, text))
        assert isinstance(accepted, Accepted)
        return accepted

    async def claim(self, conversation_id: str, owner: str = "one") -> Claim:
        """Claim a conversation that must be free and due."""
        (claim,) = await self.leases.claim([conversation_id], owner)
        return claim

    async def begin(self) -> tuple[str, Claim]:
        """Open a conversation, say something and claim it."""
        conversation_id = await self.open()
        await self.say(conversation_id)
        return conversation_id, await self.claim(conversation_id)

    async def turn(self, turn_id: str) -> TurnView:
        """Return a turn that must exist."""
        view = await self.conversations.turn(turn_id)
        assert view is not None
        return view

    async def said(self, conversation_id: str) -> list[tuple[int, str, str]]:
        """Return number, role and text of every message."""
        found = await self.conversations.messages(conversation_id, 0, 1000)
        return [(m.seq, m.role, m.text) for m in found]

    async def events(self, conversation_id: str) -> list[int]:
        """Return the numbers of every durable event."""
        found = await self.conversations.events(conversation_id, 0, 1000)
        return [event.id for event in found]


def message(
    conversation_id: str,
    text: str = "Hello",
    *keys: str,
    customer_id: str | None = None,
) -> NewMessage:
    """Return a message to accept; its text is its digest."""
    return NewMessage(conversation_id, customer_id, text, keys, text)


def reply(text: str = "Here you are.", level: Level = 0) -> Reply:
    """Return a reply of a level."""
    model = {3: "cache", 4: "none"}.get(level, "m")
    return Reply(text, model, level == 0, level)


def answered(text: str = "Here you are.", level: Level = 0) -> Ending:
    """Return the end of a turn that has its reply."""
    return Ending(reply(text, level), "answered")


def thought(text: str = "Let me see.") -> ModelStep:
    """Return a step for the journal."""
    return ModelStep("m", [{"type": "text", "text": text}], "end_turn")


def effect(claim: Claim, key: str, unique: str | None = None) -> Effect:
    """Return an effect that is about to happen."""
    return Effect(key, "pay", {"n": 5}, "intended", None, "", claim.turn.id, unique)
