"""What was promised, compared with what the API and the database say at the end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from benchmarks.cluster.customers import Talk

Message = dict[str, Any]


@dataclass(slots=True)
class Count:
    """What the conversations hold.

    Args:
        accepted: messages that got their 202.
        answered: of these, those whose turn was answered exactly once.
        lost: of these, those that are not there, or under another turn.
        unanswered: of these, those whose turn has no reply.
        doubled: turns with two replies.
        disordered: places where a conversation is out of order.
        held: holding replies, which do not count as replies.
        levels: replies by level.
        waits_s: from each message to the first that its customer heard.
    """

    accepted: int = 0
    answered: int = 0
    lost: int = 0
    unanswered: int = 0
    doubled: int = 0
    disordered: int = 0
    held: int = 0
    levels: Counter[int] = field(default_factory=Counter[int])
    waits_s: list[float] = field(default_factory=list[float])

    def add(self, talk: Talk, messages: Sequence[Message], held: set[str]) -> None:
        """Compare a conversation with what its customer said.

        Args:
            talk: what he said and was promised.
            messages: what the API shows, in its order.
            held: turns that the watchdog answered for.
        """
        replies: dict[str, list[Message]] = {}
        for message in messages:
            if message["role"] == "agent":
                replies.setdefault(message["turn_id"], []).append(message)
        there = {m["id"]: m for m in messages if m["role"] == "customer"}
        for said in talk.said:
            self.accepted += 1
            asked = there.get(said.message_id)
            if (
                asked is None
                or asked["turn_id"] != said.turn_id
                or asked["text"] != said.text
            ):
                self.lost += 1
                continue
            heard = replies.get(said.turn_id, [])
            expected = 1 + (said.turn_id in held)
            self.answered += len(heard) == expected
            self.unanswered += len(heard) < expected
            if heard:
                self.waits_s.append(_at_s(heard[0]) - _at_s(asked))
        self._add_replies(replies, held)
        self.disordered += _disorder(talk, messages, replies)

    def _add_replies(self, replies: dict[str, list[Message]], held: set[str]) -> None:
        for turn_id, heard in replies.items():
            waiting = turn_id in held
            self.held += waiting
            self.doubled += len(heard) > 1 + waiting
            self.levels.update(m["fallback_level"] for m in heard[waiting:])


def _disorder(
    talk: Talk, messages: Sequence[Message], replies: dict[str, list[Message]]
) -> int:
    """Count what is out of order: numbers, the customer's words, the replies."""
    wrong = [m["seq"] for m in messages] != list(range(1, len(messages) + 1))
    asked = [m for m in messages if m["role"] == "customer"]
    words = [m["text"] for m in asked] != [said.text for said in talk.said]
    last_asked = {m["turn_id"]: m["seq"] for m in asked}
    answered = [replies[t][-1]["seq"] for t in last_asked if t in replies]
    early = sum(
        replies[turn_id][-1]["seq"] < seq
        for turn_id, seq in last_asked.items()
        if turn_id in replies
    )
    return wrong + words + early + sum(a > b for a, b in pairwise(answered))


def gaps(seqs: Iterable[int], of: int) -> int:
    """Tell how much a listener missed or heard twice of so many messages."""
    heard = Counter(seqs)
    return sum(heard[n] != 1 for n in range(1, of + 1)) + sum(n > of for n in heard)


def _at_s(message: Message) -> float:
    return datetime.fromisoformat(message["created_at"]).timestamp()
