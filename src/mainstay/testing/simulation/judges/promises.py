"""No accepted message is lost; every customer hears back within 30 s."""

from collections.abc import Iterator

from mainstay.testing.simulation.evidence import Evidence, TurnRow
from mainstay.testing.simulation.finding import Finding
from mainstay.testing.simulation.history import Said

HEARS_WITHIN_S = 30.0
REPLIED = ("answered", "dead", "waiting_approval")


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Yield each message that was lost, left alone, or answered too late."""
    yield from _kept(evidence)
    for said in evidence.customers():
        if not _is_settled(evidence, said):
            yield Finding("unanswered", _name(said))
            continue
        waited_s = waited(evidence, said)
        if waited_s > HEARS_WITHIN_S:
            yield Finding("late", f"{_name(said)} waited {waited_s:.1f} s")


def waited(evidence: Evidence, said: Said) -> float:
    """Return the seconds until a customer heard anything about a message.

    A conversation that a human owns is with a human. Times in which the store was away
    or no process ran do not count, nor three seconds after each.
    """
    moments = [
        reply.at_s
        for turn in evidence.covering(said)
        for reply in evidence.replies(turn.id)
    ]
    moments += _with_human(evidence, said)
    moments += [
        other.at_s
        for other in evidence.said
        if other.conversation_id == said.conversation_id
        and other.role == "human"
        and other.seq > said.seq
    ]
    if not moments:
        return float("inf")
    return evidence.availability.waited_s(said.at_s, min(moments))


def _kept(evidence: Evidence) -> Iterator[Finding]:
    """Yield each 202 whose message is not in the store exactly once."""
    stored = {
        row[0]: row[1:]
        for row in evidence.rows("SELECT id, conversation_id, seq, text FROM messages")
    }
    for promise in evidence.promises:
        told, say = promise.accepted, promise.say
        wanted = (promise.conversation_id, told.seq, say.text)
        if stored.get(told.message_id) != wanted:
            yield Finding("lost message", f"{say.ref}: {told.message_id}")
        copies = [row for row in stored.values() if row[2] == say.text]
        if "(ref " in say.text and len(copies) > 1:
            yield Finding("doubled message", f"{say.ref}: {len(copies)} times")


def _is_settled(evidence: Evidence, said: Said) -> bool:
    covering = evidence.covering(said)
    answered = any(_is_answered(evidence, turn) for turn in covering)
    handed = any(turn.state == "handed_off" for turn in covering)
    with_human = evidence.owners[said.conversation_id][-1][1] == "human"
    human_spoke = any(
        other.role == "human" and other.seq > said.seq
        for other in evidence.said
        if other.conversation_id == said.conversation_id
    )
    return answered or (handed and (with_human or human_spoke))


def _is_answered(evidence: Evidence, turn: TurnRow) -> bool:
    """Tell whether a turn has its last word; a holding reply is not it."""
    replies = len(evidence.replies(turn.id))
    if turn.state == "handed_off":
        return replies > (turn.held_at_ms is not None)
    return turn.state in REPLIED and replies > 0


def _with_human(evidence: Evidence, said: Said) -> list[float]:
    """Return when a human owned the conversation, from the message on."""
    moments: list[float] = []
    owners = evidence.owners[said.conversation_id]
    for at, (from_s, owner) in enumerate(owners):
        until_s = owners[at + 1][0] if at + 1 < len(owners) else float("inf")
        if owner == "human" and until_s > said.at_s:
            moments.append(max(from_s, said.at_s))
    return moments


def _name(said: Said) -> str:
    return f"{said.conversation_id[-4:]}#{said.seq} at {said.at_s:.1f} s: {said.text!r}"
