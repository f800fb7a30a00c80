"""Broken builds of the store: a fence, a compare-and-set or a commit is missing."""

import asyncio
import dataclasses
from typing import Any

import pytest

from mainstay.ports.inbox import Accepted
from mainstay.stores.sqlite import entries, inbox, journal, leases, owner, watch


def writes_without_a_fence(patch: pytest.MonkeyPatch) -> None:
    """A worker whose lease is another's writes on: the newest attempt alone may."""
    words = "AND lease_epoch = :lease_epoch AND lease_owner = :owner"
    _leave_out(patch, journal.SQL, "fence", words)


def works_on_after_a_takeover(patch: pytest.MonkeyPatch) -> None:
    """The fence asks for the lease only: once a human owns it, the AI does nothing."""
    fenced = entries.fence

    def blind(*args: Any) -> entries.Written:
        held = fenced(*args)
        return "written" if held == "taken_over" else held

    patch.setattr(journal, "fence", blind)


def takes_over_without_a_fence(patch: pytest.MonkeyPatch) -> None:
    """A takeover leaves epoch and turn as they are: no AI reply may follow it."""
    works_on_after_a_takeover(patch)
    _leave_out(patch, owner.SQL, "to_human", "owner_epoch = owner_epoch + 1,")
    _put(patch, owner.SQL, "hand_off_turns", "WHERE", "WHERE 0 AND")


def accepts_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """The customer is told 202 while the commit is under way: it must be on disk."""
    accept = inbox.SqliteInbox.accept

    async def early(self: inbox.SqliteInbox, new: Any) -> Any:
        told = Accepted("", 0, "", replayed=False)

        async def late() -> None:
            stored = await accept(self, new)
            assert isinstance(stored, Accepted)
            for field in dataclasses.fields(stored):
                object.__setattr__(told, field.name, getattr(stored, field.name))

        begun.append(asyncio.create_task(late()))
        await asyncio.sleep(0)
        return told

    begun: list[asyncio.Task[None]] = []
    patch.setattr(inbox.SqliteInbox, "accept", early)


def accepts_the_same_twice(patch: pytest.MonkeyPatch) -> None:
    """A repeated request under its key is a new message: it is stored once."""
    _put(patch, inbox.SQL, "replay", "WHERE", "WHERE 0 AND")


def rests_without_looking(patch: pytest.MonkeyPatch) -> None:
    """A turn's end does not look for newer messages: none may be stranded."""
    sql = journal.SQL["number_reply"]
    case = sql[sql.index("CASE") : sql.index("END") + len("END")]
    _put(patch, journal.SQL, "number_reply", case, "NULL")


def claims_what_is_leased(patch: pytest.MonkeyPatch) -> None:
    """A second wake robs a worker of its lease: one at a time has it."""
    _leave_out(patch, leases.SQL, "claim", "AND lease_until_ms <= :now_ms")


def holds_twice(patch: pytest.MonkeyPatch) -> None:
    """Each watchdog sends its own holding reply: a turn has one at most."""
    _leave_out(patch, watch.SQL, "hold", "AND held_at_ms IS NULL")


def answers_a_held_turn_by_level_4(patch: pytest.MonkeyPatch) -> None:
    """A stopgap follows the holding reply: a real answer was promised."""
    words = (
        "AND (held_at_ms IS NULL OR :level <= 2 OR :state IN ('dead', 'handed_off'))"
    )
    _leave_out(patch, journal.SQL, "end_turn", words)


def hands_back_without_looking(patch: pytest.MonkeyPatch) -> None:
    """What no human answered is forgotten at the hand-back: each is answered."""
    _put(patch, owner.SQL, "unanswered", "WHERE", "WHERE 0 AND")


def keeps_a_doubt_to_itself(patch: pytest.MonkeyPatch) -> None:
    """An effect of unknown fate is in no inbox: a human must look at it."""
    patch.setattr(entries, "escalate", lambda *args: None)


def _leave_out(
    patch: pytest.MonkeyPatch, sql: dict[str, str], name: str, words: str
) -> None:
    _put(patch, sql, name, words, "")


def _put(
    patch: pytest.MonkeyPatch, sql: dict[str, str], name: str, words: str, other: str
) -> None:
    """Put other words into a statement; what is not there cannot be broken."""
    assert words in sql[name], f"{name} no longer says {words}"
    patch.setitem(sql, name, sql[name].replace(words, other, 1))
