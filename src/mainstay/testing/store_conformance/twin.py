"""A conversation in plain Python: what a store must grant, refuse and remember.

It serves as the oracle of tests that drive a store through arbitrary acts: each method
checks what the store did against the ports' contract, then follows it.
"""

from dataclasses import dataclass, field
from typing import Literal

from mainstay.domain.errors import LeaseLost, MainstayError, TakenOver
from mainstay.domain.reply import Reply
from mainstay.domain.turn import ANSWER_BY_MS, OPEN_STATES, Claim, Lease, TurnState
from mainstay.ports.inbox import Accepted, KeyReused
from mainstay.ports.journal import Ending

DAY_MS = 24 * 3_600_000
LEASE_MS = 10_000

Role = Literal["customer", "agent", "human"]


@dataclass(slots=True)
class TurnTwin:
    """One turn.

    Args:
        id: its identity in the store.
        seqs: the customer messages it answers.
        since_ms: when its first message was accepted.
        state: where it stands.
        ended: whether a worker ended it.
        steps: texts of its journal.
    """

    id: str
    seqs: list[int]
    since_ms: int
    state: TurnState = "pending"
    ended: bool = False
    attempt: int = 0
    strikes: int = 0
    held: bool = False
    steps: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class ConversationTwin:
    """One conversation; times are Unix milliseconds.

    Args:
        id: its identity in the store.
        human: whether a human owns it.
        lease: the newest one that was not ended.
        until_ms: when it ends by itself.
        ready_ms: when its work is due, or None without work.
        epoch: the highest lease epoch so far.
        spent: tokens since it began, or was last handed back.
        said: role and text of every message.
        keys: by idempotency key, its body, what it brought and when.
    """

    id: str
    human: bool = False
    lease: Lease | None = None
    until_ms: int = 0
    ready_ms: int | None = None
    epoch: int = 0
    spent: int = 0
    said: list[tuple[Role, str]] = field(default_factory=list[tuple[Role, str]])
    turns: dict[str, TurnTwin] = field(default_factory=dict[str, TurnTwin])
    keys: dict[str, tuple[str, Accepted, int]] = field(
        default_factory=dict[str, tuple[str, Accepted, int]]
    )

    def open_turns(self) -> list[TurnTwin]:
        """Return what is to be answered, in order."""
        waiting = (t for t in self.turns.values() if t.state in OPEN_STATES)
        return sorted(waiting, key=lambda turn: turn.seqs)

    def overdue(self, now_ms: int) -> set[str]:
        """Return the turns that the watchdog must hold now."""
        late = (t for t in self.open_turns() if t.since_ms + ANSWER_BY_MS <= now_ms)
        return set() if self.human else {t.id for t in late if not t.held}

    def claimable(self, now_ms: int) -> bool:
        """Tell whether a claim must be won."""
        free = self.lease is None or self.until_ms <= now_ms
        due = self.ready_ms is not None and self.ready_ms <= now_ms
        return free and due and not self.human and self.open_turns() != []

    def refusals(self, lease: Lease, *, ai: bool) -> tuple[type[MainstayError], ...]:
        """Return the errors of which a write must raise one; none: it must succeed."""
        lost = self.lease != lease
        taken = self.human and (ai or lost)
        return (LeaseLost,) * lost + (TakenOver,) * taken

    def accept(self, text: str, key: str, outcome: object, now_ms: int) -> None:
        """Check an accept, whose key may be known, and follow it."""
        body, first, at_ms = self.keys.get(key, ("", None, 0))
        if first is None or at_ms + DAY_MS <= now_ms:
            assert isinstance(outcome, Accepted), "a message was refused"
            self._add(text, outcome, now_ms)
            self.keys[key] = (text, outcome, now_ms)
        elif body != text:
            assert outcome == KeyReused(key), "a key was used for two messages"
        else:
            again = Accepted(first.message_id, first.seq, first.turn_id, True)
            assert outcome == again, "a replay told something else"

    def claim(self, claim: Claim, now_ms: int) -> None:
        """Check what was claimed, and follow it."""
        turn = self.open_turns()[0]
        turn.state = "running"
        turn.attempt += 1
        turn.strikes += 1
        won = claim.turn
        assert won.id == turn.id, "turns were claimed out of order"
        assert (won.first_seq, won.last_seq) == (turn.seqs[0], turn.seqs[-1])
        assert (won.attempt, won.strikes) == (turn.attempt, turn.strikes)
        assert (won.held_at_ms is not None) == turn.held
        assert claim.lease.lease_epoch > self.epoch, "a fence was used twice"
        self.epoch, self.lease = claim.lease.lease_epoch, claim.lease
        self.until_ms = now_ms + LEASE_MS

    def renewable(self, owner: str, now_ms: int) -> bool:
        """Tell whether a renewal must prolong the lease."""
        mine = self.lease is not None and self.lease.owner == owner
        return mine and self.until_ms > now_ms

    def conflicts(self, claim: Claim, ending: Ending) -> bool:
        """Tell whether the holding reply forbids this ending."""
        held = self.turns[claim.turn.id].held
        generic = ending.reply.fallback_level > 2
        return held and generic and ending.state == "answered"

    def finish(self, claim: Claim, ending: Ending, now_ms: int) -> None:
        """Follow an end that was written."""
        turn = self.turns[claim.turn.id]
        if not (turn.held and ending.state == "dead"):
            self.said.append(("agent", ending.reply.response))
        turn.state, turn.strikes, turn.ended = ending.state, 0, True
        self.lease = None
        self.ready_ms = now_ms if self.open_turns() else None
        if ending.state == "handed_off":
            self.take_over()

    def put_off(self, claim: Claim, due_ms: int, *, orderly: bool) -> None:
        """Follow an attempt that was postponed."""
        turn = self.turns[claim.turn.id]
        turn.state, turn.strikes = "pending", 0 if orderly else turn.strikes
        self.lease, self.ready_ms = None, due_ms

    def release(self, claim: Claim) -> None:
        """Follow a release; an old one changes nothing."""
        if self.lease != claim.lease:
            return
        turn = self.turns[claim.turn.id]
        if turn.state == "running":
            turn.state, turn.strikes = "pending", turn.strikes - 1
        self.lease = None

    def hold(self, turn_id: str, reply: Reply) -> None:
        """Follow a holding reply."""
        self.said.append(("agent", reply.response))
        self.turns[turn_id].held = True

    def take_over(self) -> None:
        """Follow a takeover; the lease stays, so that calls can be settled."""
        for turn in self.open_turns():
            turn.state = "handed_off"
        self.human, self.ready_ms = True, None

    def unanswered(self) -> list[int]:
        """Return the customer's messages that no human and no turn answered."""
        roles = list(enumerate((role for role, _ in self.said), 1))
        last = max((seq for seq, role in roles if role == "human"), default=0)
        done = (t for t in self.turns.values() if t.ended or t.state in OPEN_STATES)
        covered = {seq for turn in done for seq in turn.seqs}
        return [
            seq
            for seq, role in roles
            if role == "customer" and seq > last and seq not in covered
        ]

    def hand_back(self, turn_id: str | None, now_ms: int) -> None:
        """Follow a hand-back, which opened a turn when something was left."""
        seqs = self.unanswered()
        assert (turn_id is not None) == (seqs != []), "words were left unanswered"
        if turn_id is not None:
            self.turns[turn_id] = TurnTwin(turn_id, seqs, now_ms)
        self.human, self.lease, self.spent = False, None, 0
        self.ready_ms = now_ms if self.open_turns() else None

    def revive(self, turn_id: str, now_ms: int) -> None:
        """Follow the redrive of a dead turn, which had its word."""
        turn = self.turns[turn_id]
        turn.state, turn.strikes, turn.held = "pending", 0, True
        turn.ended = False
        self.ready_ms = None if self.human else now_ms

    def _add(self, text: str, accepted: Accepted, now_ms: int) -> None:
        self.said.append(("customer", text))
        assert (accepted.seq, accepted.replayed) == (len(self.said), False)
        waiting = self.open_turns()[-1:]
        if waiting and not (self.human or waiting[0].attempt or waiting[0].held):
            assert accepted.turn_id == waiting[0].id, "a burst was split"
            waiting[0].seqs.append(accepted.seq)
        else:
            assert accepted.turn_id not in self.turns, "a turn grew"
            turn = TurnTwin(accepted.turn_id, [accepted.seq], now_ms)
            turn.state = "handed_off" if self.human else "pending"
            self.turns[turn.id] = turn
        if not self.human:
            self.ready_ms = now_ms
