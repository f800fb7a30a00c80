"""The journal on SQLite: every write checks its fence under the write lock."""

import sqlite3

from mainstay.domain.errors import Conflict, LeaseLost, TakenOver
from mainstay.domain.spend import DAY_MS, NOTHING, Amount
from mainstay.domain.step import Step
from mainstay.domain.turn import Claim
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.ports.journal import Approval, Ending, Entry, Record, most_messages
from mainstay.stores.codec import dumps, loads
from mainstay.stores.rows import (
    conversation_of,
    effect_of,
    message_of,
    spent_of,
    steps_of,
)
from mainstay.stores.sqlite.ending import end
from mainstay.stores.sqlite.entries import Written, add_steps, fence, names
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.spend import count
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "journal")

MAX_EFFECTS = 100


class SqliteJournal:
    """Fenced writes of one turn."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids
        self._clock = clock

    async def load(self, claim: Claim, *, after: int = 0) -> Record:
        """Read all that the turn needs; the claim is committed already."""
        day = self._clock.now_ms() // DAY_MS
        record = _load(self._reader, claim, after, day)
        if record is None:
            raise LeaseLost(claim.lease.conversation_id)
        return record

    async def append(self, claim: Claim, entry: Entry) -> None:
        """Write an entry, all or nothing."""

        def work(unit: Unit) -> Written:
            return _append(unit, claim, entry, self._ids)

        try:
            outcome = await self._writer.run(work)
        except sqlite3.IntegrityError as error:
            taken = entry.intended[0].unique_key if entry.intended else "a key"
            raise Conflict(f"an effect under {taken} exists already") from error
        _check(claim, outcome)

    async def finish(self, claim: Claim, ending: Ending) -> bool:
        """Commit the reply, the turn's end, its events and the lease's end at once."""

        def work(unit: Unit) -> tuple[Written, bool]:
            held = _counted(unit, claim, ending.spent)
            if held != "written":
                return held, False
            ended: Written = end(unit, claim, ending, self._ids)
            return ended, unit.row(SQL["is_due"], names(claim)) is not None

        outcome, due = await self._writer.run(work)
        _check(claim, outcome)
        return due

    async def postpone(
        self,
        claim: Claim,
        delay_s: float,
        *,
        orderly: bool,
        spent: Amount = NOTHING,
    ) -> None:
        """End an attempt; the turn is due again after ``delay_s`` seconds."""

        def work(unit: Unit) -> Written:
            held = _counted(unit, claim, spent)
            if held != "written":
                return held
            row = names(claim) | {"now_ms": unit.now_ms, "orderly": orderly}
            unit.execute(SQL["put_off"], row).fetchall()
            unit.execute(SQL["rest_until"], row | {"delay_ms": int(delay_s * 1000)})
            return "written"

        _check(claim, await self._writer.run(work))


def _append(unit: Unit, claim: Claim, entry: Entry, ids: Ids) -> Written:
    held = fence(unit, claim)
    if held == "lost" or (held == "taken_over" and entry.needs_ai):
        return held
    add_steps(unit, claim, entry, ids)
    for effect in entry.intended:
        row = {"key": effect.key, "tool": effect.tool, "args": dumps(effect.args)}
        row |= {"conversation_id": claim.turn.conversation_id, "turn_id": claim.turn.id}
        row |= {"state": effect.state, "statement": effect.statement}
        row |= {"unique_key": effect.unique_key, "now_ms": unit.now_ms}
        unit.execute(SQL["add_effect"], row)
        unit.audit(claim.lease.owner, "effect.intended", effect.key, tool=effect.tool)
    return "written"


def _counted(unit: Unit, claim: Claim, spent: Amount) -> Written:
    """Count what an attempt spent if its lease is the newest; a human's needs none."""
    held = fence(unit, claim)
    if held != "lost":
        count(unit, claim.turn.conversation_id, spent)
    if held == "taken_over":
        unit.execute(SQL["drop_lease"], names(claim))
    return held


def _check(claim: Claim, outcome: Written) -> None:
    match outcome:
        case "written":
            return
        case "lost":
            raise LeaseLost(claim.lease.conversation_id)
        case "taken_over":
            raise TakenOver(claim.lease.conversation_id)
        case "held":
            raise Conflict(f"turn {claim.turn.id} was held meanwhile")


def _load(reader: Reader, claim: Claim, after: int, day: int) -> Record | None:
    where = names(claim) | {"day": day}
    row = reader.row(SQL["load_conversation"], where)
    if row is None:
        return None
    newest = {"after": after, "limit": most_messages(claim.turn)}
    messages = reader.rows(SQL["load_messages"], where | newest)
    effects = reader.rows(SQL["load_effects"], where | {"limit": MAX_EFFECTS})
    steps, uncounted = _steps(reader, claim)
    return Record(
        conversation=conversation_of(row),
        messages=[message_of(m) for m in reversed(messages)],
        steps=steps,
        effects=[effect_of(e) for e in reversed(effects)],
        approval=_approval(reader, claim),
        earlier_messages=max(0, row[7] - len(messages)),
        spent=spent_of(row[8:]),
        uncounted=uncounted,
    )


def _steps(reader: Reader, claim: Claim) -> tuple[list[Step], int]:
    """Return what earlier attempts journaled; a first one has nothing to read."""
    if claim.turn.attempt == 1:
        return [], 0
    return steps_of(reader.rows(SQL["load_steps"], names(claim)))


def _approval(reader: Reader, claim: Claim) -> Approval | None:
    if claim.turn.approval_id is None:
        return None
    where = {"approval_id": claim.turn.approval_id}
    id_, conversation_id, turn_id, tool, args, key, state = reader.row(
        SQL["load_approval"], where
    )
    return Approval(id_, conversation_id, turn_id, tool, loads(args), key, state)
