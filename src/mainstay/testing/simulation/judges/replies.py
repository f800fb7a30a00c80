"""Replies: in order, one each, true to what was done, and saying how they were made."""

import json
import re
from collections.abc import Iterator

from mainstay.testing.simulation.evidence import Evidence, TurnRow
from mainstay.testing.simulation.finding import Finding
from mainstay.testing.simulation.history import Said
from mainstay.testing.simulation.model import FALLBACK, PRIMARY
from mainstay.testing.simulation.outside import sentence
from mainstay.testing.simulation.reading import SENTENCE

MODELS = {0: PRIMARY, 1: PRIMARY, 2: FALLBACK, 3: "cache", 4: "none"}
_REF = re.compile(r"\(ref (\d+)\)")
_ORDER = re.compile(r"\d{4}")
UNCONFIRMED = "could not be confirmed"


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Yield each reply that must not be, or not so."""
    for said in evidence.said:
        if said.role == "agent":
            yield from _provenance(said)
            yield from _claims(evidence, said)
    for turn in evidence.turns:
        yield from _count(evidence, turn)
        yield from _truth(evidence, turn)
    yield from _order(evidence)
    yield from _after_takeover(evidence)
    yield from _gaps(evidence)


def _provenance(said: Said) -> Iterator[Finding]:
    if said.level is None or MODELS[said.level] != said.model:
        yield Finding("wrong provenance", f"level {said.level} by {said.model}")
    if said.level == 3 and _ORDER.search(said.text):
        yield Finding("personal cached answer", said.text)


def _claims(evidence: Evidence, said: Said) -> Iterator[Finding]:
    """Yield what was said to be done and was not."""
    done = {(d.tool, d.order) for d in evidence.deeds if d.at_s <= said.at_s}
    for tool, order in SENTENCE.findall(said.text):
        if (tool, int(order)) not in done:
            yield Finding("false claim", f"{tool} {order} in {said.text!r}")


def _count(evidence: Evidence, turn: TurnRow) -> Iterator[Finding]:
    replies = len(evidence.replies(turn.id))
    if replies > 1 + (turn.held_at_ms is not None):
        yield Finding("too many replies", f"{replies} to {turn.id}")
    last = evidence.replies(turn.id)[-1:]
    if turn.held_at_ms is not None and turn.state == "answered" and replies > 1:
        yield from (
            Finding("stopgap after a stopgap", f"level {said.level} to {turn.id}")
            for said in last
            if said.level is not None and said.level > 2
        )


def _truth(evidence: Evidence, turn: TurnRow) -> Iterator[Finding]:
    """Yield what a turn's last word leaves out."""
    replies = evidence.replies(turn.id)
    if not replies or (turn.held_at_ms is not None and len(replies) == 1):
        return
    last = replies[-1]
    mine = [effect for effect in evidence.effects if effect.turn_id == turn.id]
    for effect in mine:
        done = sentence(effect.tool, effect.order)
        if effect.state == "committed" and done not in last.text:
            yield Finding("untold effect", f"{done} level {last.level}: {last.text!r}")
    unclear = any(effect.state == "unknown" for effect in mine)
    if unclear and last.level and UNCONFIRMED not in last.text:
        yield Finding("untold doubt", f"level {last.level}: {last.text!r}")
    if last.level is not None and last.level <= 2:
        yield from _overlooked(evidence, turn, last)


def _overlooked(evidence: Evidence, turn: TurnRow, last: Said) -> Iterator[Finding]:
    """Yield the messages of a turn that its answer knows nothing of."""
    about = last.text.partition(":")[0]
    told = set(re.findall(r"\d+", about))
    for said in evidence.customers():
        if turn in evidence.covering(said):
            for ref in _REF.findall(said.text):
                if ref not in told:
                    yield Finding("overlooked message", f"{ref} in {last.text!r}")


def _order(evidence: Evidence) -> Iterator[Finding]:
    turns = {turn.id: turn for turn in evidence.turns}
    newest: dict[str, int] = {}
    for said in evidence.said:
        if said.role != "agent" or said.turn_id is None:
            continue
        turn = turns[said.turn_id]
        is_last = evidence.replies(turn.id)[-1] is said
        if turn.held_at_ms is not None and not is_last:
            continue
        if turn.first_seq < newest.get(said.conversation_id, 0):
            yield Finding("reply out of order", f"{said.turn_id}")
        newest[said.conversation_id] = turn.first_seq


def _after_takeover(evidence: Evidence) -> Iterator[Finding]:
    """Yield an AI's reply to a turn that a human had taken over."""
    taken: set[str] = set()
    for _, kind, data, turn_id, role in evidence.rows(
        "SELECT e.id, e.kind, e.data, m.turn_id, m.role FROM events e "
        "LEFT JOIN messages m "
        "ON m.conversation_id = e.conversation_id AND m.seq = e.seq "
        "ORDER BY e.conversation_id, e.id"
    ):
        if kind == "owner" and data is not None:
            taken |= set(json.loads(data).get("turns", ()))
        if role == "agent" and turn_id in taken:
            yield Finding("reply to a turn taken over", turn_id)


def _gaps(evidence: Evidence) -> Iterator[Finding]:
    for table, number in (("messages", "seq"), ("events", "id")):
        for id_, count, last in evidence.rows(
            f"SELECT conversation_id, count(*), max({number}) FROM {table} "  # noqa: S608 - two fixed names
            "GROUP BY conversation_id"
        ):
            if count != last:
                yield Finding("gap in the numbers", f"{table} of {id_}")
