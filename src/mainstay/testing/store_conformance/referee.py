"""The referee: what one process after the other may do to a store, as a plain model."""

from dataclasses import dataclass, field

from mainstay.domain.turn import Claim
from mainstay.ports.inbox import Accepted
from mainstay.testing.store_conformance.ports import LEASE_S, StorePorts


@dataclass(slots=True)
class Referee:
    """Follows what the store granted and refused; objects to what breaks a rule.

    Args:
        current: by conversation, the one claim that may still write.
        until_s: by conversation, when that claim's lease ends.
        humans: conversations that a human owns.
        keyed: by conversation and key, the message that an idempotency key made.
        spans: by turn, the messages it had when it was first claimed.
    """

    current: dict[str, Claim] = field(default_factory=dict[str, Claim])
    until_s: dict[str, float] = field(default_factory=dict[str, float])
    humans: set[str] = field(default_factory=set[str])
    keyed: dict[tuple[str, str], str] = field(
        default_factory=dict[tuple[str, str], str]
    )
    spans: dict[str, tuple[int, int]] = field(
        default_factory=dict[str, tuple[int, int]]
    )

    def accepted(self, id_: str, key: str, accepted: Accepted) -> None:
        """Note an accept under a key."""
        first = self.keyed.setdefault((id_, key), accepted.message_id)
        assert accepted.message_id == first, "a key made two messages"

    def claimed(self, claim: Claim, now_s: float) -> None:
        """Note a granted claim."""
        id_ = claim.lease.conversation_id
        before = self.current.get(id_)
        assert id_ not in self.humans, "a human's conversation was claimed"
        assert before is None or self.until_s[id_] <= now_s, "two live leases"
        span = (claim.turn.first_seq, claim.turn.last_seq)
        assert self.spans.setdefault(claim.turn.id, span) == span, "a turn grew"
        self.current[id_], self.until_s[id_] = claim, now_s + LEASE_S

    def wrote(self, claim: Claim, *, ends: bool) -> None:
        """Note a write that was not refused."""
        id_ = claim.lease.conversation_id
        assert self.current.get(id_) is claim, "an old holder wrote"
        assert id_ not in self.humans, "the AI wrote over a human"
        if ends:
            del self.current[id_]

    def released(self, claim: Claim) -> None:
        """Note a release; one of an old lease changes nothing."""
        id_ = claim.lease.conversation_id
        if self.current.get(id_) is claim:
            del self.current[id_]

    def renewed(self, owner: str, kept: set[tuple[str, int]], now_s: float) -> None:
        """Note which leases of a process were prolonged."""
        for id_, epoch in kept:
            lease = self.current[id_].lease
            assert (lease.owner, lease.lease_epoch) == (owner, epoch), "not its lease"
            assert self.until_s[id_] > now_s, "an ended lease was revived"
            self.until_s[id_] = now_s + LEASE_S

    def buried(self, owner: str) -> None:
        """Note the end of a process."""
        for id_, claim in list(self.current.items()):
            if claim.lease.owner == owner:
                del self.current[id_]

    def owner_is(self, id_: str, *, human: bool) -> None:
        """Note a change of owner: no earlier claim may speak any more.

        A takeover leaves the lease, so that a call under way can still be settled.
        """
        if human:
            self.humans.add(id_)
        else:
            self.humans.discard(id_)
            self.current.pop(id_, None)

    async def judge(self, ports: StorePorts, id_: str) -> None:
        """Check a conversation after all of its turns have ended."""
        said = await ports.said(id_)
        assert [seq for seq, _, _ in said] == list(range(1, len(said) + 1))
        events = await ports.events(id_)
        assert events == list(range(1, len(events) + 1))
        replies = [text.split() for _, role, text in said if role == "agent"]
        real = [turn for turn, how in replies if how != "held"]
        held = [turn for turn, how in replies if how == "held"]
        assert len(set(real)) == len(real), "a turn was answered twice"
        assert len(set(held)) == len(held), "a turn was held twice"
        spans = [self.spans[turn] for turn in real]
        assert spans == sorted(spans), "turns were answered out of order"
        first = {turn: n for n, (turn, _) in reversed(list(enumerate(replies)))}
        for n, (turn, how) in enumerate(replies):
            assert how != "4" or first[turn] == n, "two generic words for one turn"
