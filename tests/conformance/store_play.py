"""What two processes may do to one store, and what must come of it."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from tests.conformance.twinned_stores import Opening, TwinnedStores

from mainstay.domain.errors import Conflict
from mainstay.domain.reply import Level
from mainstay.domain.spend import Amount, date_of
from mainstay.domain.turn import Claim
from mainstay.ports.journal import Ending, Entry
from mainstay.testing.store_conformance.ports import message, reply, thought
from mainstay.testing.store_conformance.twin import (
    DAY_MS,
    LEASE_MS,
    ConversationTwin,
)

KEYS = 12
LEVELS: tuple[Level, ...] = (0, 0, 2, 3, 4)
State = Literal["answered", "handed_off", "dead"]
STATES: tuple[State, ...] = ("answered", "answered", "answered", "handed_off", "dead")
TIMES_S = (0.5, 5, 9.999, 10, 10, 28, DAY_MS / 1000)
WITH_A_CLAIM = ("write", "finish", "put_off", "release")


@dataclass(frozen=True, slots=True)
class Act:
    """Something that one of two processes does.

    Args:
        name: which method of ``Play``.
        side: which process.
        n: in which conversation.
        lately: with which claim, counted from the newest.
        value: chooses whatever else there is to choose.
    """

    name: str
    side: int
    n: int
    lately: int
    value: int


class Play(TwinnedStores):
    """Every act is foretold by the twins: what is granted, and what is refused."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self.acts = 0
        self.paid: dict[str, int] = {}

    def act(self, act: Act) -> None:
        """Do it, unless it needs a claim and there is none; look at all after it."""
        if self.claims or act.name not in WITH_A_CLAIM:
            getattr(self, act.name)(act)
        self.is_as_foretold()

    def say(self, act: Act) -> None:
        """A new key is a new message; a known one brings its answer back."""
        text, key = ("Hi", "Ho")[act.value % 2], f"key:{act.value // 2 % KEYS}"
        new = message(self.twins[act.n].id, text, key)
        outcome = self.run(self.sides[act.side].inbox.accept(new))
        self.twins[act.n].accept(text, key, outcome, self.now_ms)

    def claim(self, act: Act) -> None:
        """Exactly what is free and due is won, its oldest turn first."""
        due = {twin.id: twin for twin in self.twins if twin.claimable(self.now_ms)}
        ids = [twin.id for twin in self.twins]
        won = self.run(self.sides[act.side].leases.claim(ids, f"side{act.side}"))
        assert {claim.lease.conversation_id for claim in won} == set(due)
        for claim in won:
            twin = due[claim.lease.conversation_id]
            twin.claim(claim, self.now_ms)
            record = self.run(self.sides[act.side].journal.load(claim))
            assert record.spent.conversation.tokens == twin.spent
            assert record.spent.customer == record.spent.day
            self.claims.append((twin, claim))

    def renew(self, act: Act) -> None:
        """Exactly what still holds is prolonged."""
        twin, owner = self.twins[act.n], f"side{act.side}"
        holds = twin.renewable(owner, self.now_ms)
        leases = self.sides[act.side].leases
        kept = self.run(asyncio.to_thread(leases.renew, owner, [twin.id]))
        assert kept == ({(twin.id, twin.epoch)} if holds else set())
        if holds:
            twin.until_ms = self.now_ms + LEASE_MS

    def write(self, act: Act) -> None:
        """Only the newest claim writes its journal."""
        twin, claim = self.recent(act.lately)
        step = f"step {self.acts}"
        entry = Entry([thought(step)], needs_ai=bool(act.value % 2))
        refusals = twin.refusals(claim.lease, ai=bool(act.value % 2))
        if self.tried(self.sides[act.side].journal.append(claim, entry), refusals):
            twin.turns[claim.turn.id].steps.append(step)

    def finish(self, act: Act) -> None:
        """Only the newest claim ends its turn, once, and not over a human."""
        twin, claim = self.recent(act.lately)
        ending = Ending(
            reply(f"reply {self.acts}", LEVELS[act.value % 5]),
            STATES[act.value // 5 % 5],
            spent=Amount(act.value, act.value / 8),
        )
        refusals = twin.refusals(claim.lease, ai=True)
        self.pay(twin, claim, act.value)
        if not refusals and twin.conflicts(claim, ending):
            refusals = (Conflict,)
        if self.tried(self.sides[act.side].journal.finish(claim, ending), refusals):
            twin.finish(claim, ending, self.now_ms)
        elif twin.human and twin.lease == claim.lease:
            twin.lease = None

    def put_off(self, act: Act) -> None:
        """Only the newest claim postpones; its turn waits."""
        twin, claim = self.recent(act.lately)
        delay, tidy = act.value % 2 * 20, act.value % 3 > 0
        self.pay(twin, claim, act.value)
        spent = Amount(act.value, act.value / 8)
        attempt = self.sides[act.side].journal.postpone(
            claim, delay, orderly=tidy, spent=spent
        )
        if self.tried(attempt, twin.refusals(claim.lease, ai=True)):
            twin.put_off(claim, self.now_ms + delay * 1000, orderly=tidy)
        elif twin.human and twin.lease == claim.lease:
            twin.lease = None

    def pay(self, twin: ConversationTwin, claim: Claim, tokens: int) -> None:
        """Whoever holds the newest lease pays, refused or not; nobody else does."""
        if twin.lease == claim.lease:
            twin.spent += tokens
            self.paid[self.today] = self.paid.get(self.today, 0) + tokens

    @property
    def today(self) -> str:
        """The UTC day."""
        return date_of(self.now_ms // DAY_MS)

    def release(self, act: Act) -> None:
        """A release ends its own lease only."""
        twin, claim = self.recent(act.lately)
        self.run(self.sides[act.side].leases.release(claim.lease))
        twin.release(claim)

    def pass_time(self, act: Act) -> None:
        """Leases end, turns are overdue, keys are forgotten."""
        self.clock.advance(TIMES_S[act.value % len(TIMES_S)])

    def take_over(self, act: Act) -> None:
        """Changes something once."""
        twin = self.twins[act.n]
        changed = self.run(self.sides[act.side].desk.take_over(twin.id, "op", "test"))
        assert changed == (not twin.human)
        if changed:
            twin.take_over()

    def hand_back(self, act: Act) -> None:
        """What no human answered is work again."""
        for twin in self.twins:
            if twin.human:
                self.news(twin, act.side)
                assert self.run(self.sides[act.side].desk.hand_back(twin.id, "op"))
                turns = [
                    event.data["turn_id"]
                    for event in self.news(twin, act.side)
                    if event.kind == "turn"
                ]
                twin.hand_back(turns[0] if turns else None, self.now_ms)

    def speak(self, act: Act) -> None:
        """A human speaks where a human owns, and nowhere else."""
        for twin in self.twins:
            refusals = () if twin.human else (Conflict,)
            text = f"human {self.acts}"
            speaking = self.sides[act.side].desk.reply(twin.id, "op", text)
            if self.tried(speaking, refusals):
                twin.said.append(("human", text))

    def hold(self, act: Act) -> None:
        """Every overdue turn is held once, by one of two watchdogs."""
        late = self.run(self.sides[act.side].watch.overdue(1000))
        expected = {id_: t for t in self.twins for id_ in t.overdue(self.now_ms)}
        assert {one.turn.id for one in late} == set(expected)
        for one in late:
            held = reply(f"hold {one.turn.id}", 4)
            assert self.run(self.sides[act.side].watch.hold(one.turn, held))
            assert not self.run(self.sides[1 - act.side].watch.hold(one.turn, held))
            expected[one.turn.id].hold(one.turn.id, held)

    def bury(self, act: Act) -> None:
        """A dead process holds nothing, at once."""
        held = [t for t in self.twins if t.lease and t.lease.owner == f"side{act.side}"]
        freed = self.run(self.sides[1 - act.side].leases.bury(f"side{act.side}"))
        assert sorted(freed) == sorted(twin.id for twin in held)
        for twin in held:
            twin.lease = None

    def revive(self, act: Act) -> None:
        """The dead get new attempts, where no other turn runs."""
        for twin in self.twins:
            states = {turn.state for turn in twin.turns.values()}
            dead = [id_ for id_, turn in twin.turns.items() if turn.state == "dead"]
            if "running" not in states:
                names = [*dead, "turn_none"]
                revived = self.run(self.sides[act.side].desk.redrive(names, "op"))
                assert revived == len(dead)
                for id_ in dead:
                    twin.revive(id_, self.now_ms)

    def is_as_foretold(self) -> None:
        """Both sides tell the twin's messages, and events without a gap."""
        self.acts += 1
        side = self.sides[self.acts % 2]
        for twin in self.twins:
            said = [(role, text) for _, role, text in self.run(side.said(twin.id))]
            assert said == twin.said
            self.news(twin, self.acts % 2)
        spend = self.run(side.spend.today(9))
        assert (spend.day, spend.total.tokens) == (
            self.today,
            self.paid.get(self.today, 0),
        )
        stats = self.run(side.schedule.stats())
        assert stats.ready == sum(twin.claimable(self.now_ms) for twin in self.twins)

    def end(self) -> None:
        """In the end every message has its answer or its human."""
        self.hand_back(Act("hand_back", 0, 0, 0, 0))
        self.settle()
        self.judge()
