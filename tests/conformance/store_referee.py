"""The referee: what a store's tables must say after any race."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.conformance.store_race import Race
from tests.conformance.store_stage import LOGGED

SENT = re.compile(r"(step \d+|reply [\w ]+)")


@dataclass(frozen=True, slots=True)
class Referee:
    """Reads the tables, and compares them with each other and with what was told.

    Args:
        race: the history.
    """

    race: Race

    async def judge(self) -> None:
        """Check everything.

        Raises:
            AssertionError: the store broke a promise; the text names it.
        """
        await self.numbers()
        await self.messages()
        await self.turns()
        await self.answers()
        await self.fences()
        await self.effects()
        await self.work()
        assert (await self.race.stage.sides[0].audit.verify()).intact, "audit chain"

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        return await self.race.stage.rows(sql)

    async def numbers(self) -> None:
        """Messages and events are numbered without a gap, to the row's counters."""
        for id_, last_seq, last_event in await self.rows(
            "SELECT id, last_seq, last_event FROM conversations"
        ):
            seqs = await self.rows(
                "SELECT seq FROM messages "  # noqa: S608 - an id of ours
                f"WHERE conversation_id = '{id_}' ORDER BY seq"
            )
            assert [n for (n,) in seqs] == list(range(1, last_seq + 1)), "seq"
            events = await self.rows(
                "SELECT id, seq FROM events "  # noqa: S608 - an id of ours
                f"WHERE conversation_id = '{id_}' ORDER BY id"
            )
            assert [n for n, _ in events] == list(range(1, last_event + 1)), "events"
            told = [seq for _, seq in events if seq is not None]
            assert told == list(range(1, last_seq + 1)), "a message without its event"

    async def messages(self) -> None:
        """What was accepted is there once, as it was told, whoever asked again."""
        found = await self.rows(
            "SELECT conversation_id, text, id, seq FROM messages "
            "WHERE role = 'customer'"
        )
        stored = {(place, text): (id_, seq) for place, text, id_, seq in found}
        assert len(stored) == len(found), "a key brought two messages"
        told = {
            (place, f"say {key}"): {(one.message_id, one.seq) for one in answers}
            for (place, key), answers in self.race.accepted.items()
        }
        assert told == {at: {one} for at, one in stored.items()}, "a message was lost"
        for answers in self.race.accepted.values():
            assert sum(not one.replayed for one in answers) == 1, "told as new twice"

    async def turns(self) -> None:
        """A turn was held once and ended once, but for those that were redriven."""
        acts = Counter(
            (subject, action)
            for subject, action in await self.rows("SELECT subject, action FROM audit")
        )
        said = Counter(
            turn
            for (turn,) in await self.rows(
                "SELECT turn_id FROM messages WHERE role = 'agent'"
            )
        )
        for id_, state in await self.rows("SELECT id, state FROM turns"):
            ends = [acts[id_, f"turn.{end}"] for end in ("answered", "handed_off")]
            dead, held = acts[id_, "turn.dead"], acts[id_, "turn.held"]
            redriven = acts[id_, "turn.redriven"]
            assert held <= 1, "held twice"
            assert sum(ends) + dead <= 1 + redriven, "ended twice"
            assert len(self.race.ended.get(id_, [])) == sum(ends) + dead, "told wrong"
            # A redriven turn has had its word: whether held or not, it dies in silence.
            spoken = held + sum(ends) + (dead > 0 and not held)
            assert said[id_] == spoken, "two words, or none"
            assert state not in ("pending", "running"), "left open"
        assert sum(n for (_, act), n in acts.items() if act == "turn.redriven") == (
            self.race.revived
        )

    async def answers(self) -> None:
        """Each message is answered by one turn, in order, or by a human."""
        turns = await self.rows(
            "SELECT id, conversation_id, first_seq, last_seq, reply_seq, usage, state "
            "FROM turns ORDER BY conversation_id, first_seq, accepted_at_ms, id"
        )
        for id_, _, *seqs, _, _, _ in turns:
            for claim in self.race.ended.get(id_, []):
                claimed = [claim.turn.first_seq, claim.turn.last_seq]
                assert claimed == seqs, "a message joined a turn under way"
        redriven = await self.rows(
            "SELECT subject FROM audit WHERE action = 'turn.redriven'"
        )
        revived = {id_ for (id_,) in redriven}
        for place in self.race.places:
            mine = [t for t in turns if t[1] == place and t[5] is not None]
            covered = Counter(s for t in mine for s in range(t[2], t[3] + 1))
            heard = await self.rows(
                "SELECT seq, role FROM messages "  # noqa: S608 - an id of ours
                f"WHERE conversation_id = '{place}'"
            )
            customer = {seq for seq, role in heard if role == "customer"}
            human = max((seq for seq, role in heard if role == "human"), default=0)
            assert all(covered[seq] <= 1 for seq in customer), "answered twice"
            left = {seq for seq in customer if seq > human and not covered[seq]}
            assert not left, "a message was lost"
            # The dead may be silent, and what was redriven comes late.
            ends = [t[4] for t in mine if t[6] != "dead" and t[0] not in revived]
            assert ends == sorted(ends), "answered out of order"
            for turn in mine:
                assert turn[4] is not None
                assert turn[4] > turn[3], "answered before it was said"

    async def fences(self) -> None:
        """Nothing was written under a lease or an owner that was not the newest."""
        now: dict[str, tuple[int, int]] = dict.fromkeys(self.race.places, (0, 0))
        for _, place, what, lease, owner, _, text in await self.rows(
            f"SELECT {LOGGED} FROM test_log ORDER BY n"  # noqa: S608 - constants
        ):
            if what == "conversation":
                before = now[place]
                assert (lease, owner) >= before, "an epoch went back"
                now[place] = (lease, owner)
                continue
            found = SENT.search(text)
            if found and (sent := self.race.sent.get(found[1])):
                assert sent.claim.lease.lease_epoch == now[place][0], "a stale lease"
                if sent.needs_ai:
                    assert sent.claim.lease.owner_epoch == now[place][1], "taken over"
        epochs = Counter(
            (one.lease.conversation_id, one.lease.lease_epoch)
            for one in self.race.claims
        )
        assert all(n == 1 for n in epochs.values()), "a fence was used twice"

    async def effects(self) -> None:
        """What was intended is there, and once under its unique key."""
        found = await self.rows("SELECT key, unique_key, state FROM effects")
        assert {key for key, *_ in found} == set(self.race.intended), "an effect"
        alive = Counter(unique for _, unique, state in found if state != "failed")
        assert all(n == 1 for n in alive.values()), "an effect twice"

    async def work(self) -> None:
        """Whoever has an open turn and no human is due."""
        stranded = await self.rows(
            "SELECT c.id FROM conversations c JOIN turns t ON t.conversation_id = c.id "
            "WHERE t.state IN ('pending', 'running') AND c.owner = 'ai' "
            "AND c.ready_at_ms IS NULL"
        )
        assert stranded == [], "work that nobody will find"
        ahead = await self.rows(
            "SELECT t.id FROM conversations c JOIN turns t ON t.conversation_id = c.id "
            "WHERE t.last_seq > c.last_seq"
        )
        assert ahead == [], "a turn ahead of its conversation"
