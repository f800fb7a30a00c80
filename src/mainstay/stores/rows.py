"""Rows of the store as the words of the domain."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainstay.domain.conversation import Conversation
from mainstay.domain.effect import Effect
from mainstay.domain.errors import NotFound
from mainstay.domain.event import Event
from mainstay.domain.message import Message
from mainstay.domain.reply import Level, Reply
from mainstay.domain.spend import Amount, Spent
from mainstay.domain.step import Step, Usage
from mainstay.ports.answers import KeptAnswer
from mainstay.ports.conversations import SlowTurn, TurnView
from mainstay.ports.findings import Finding, Found
from mainstay.ports.inbox import Accepted, KeyReused
from mainstay.ports.journal import Approval
from mainstay.stores.codec import RETRY, loads, step_of


def conversation_of(row: Sequence[Any]) -> Conversation:
    """Read id, customer_id, channel, metadata, owner, owner_epoch, created_at_ms."""
    id_, customer, channel, metadata, owner, epoch, created = row[:7]
    return Conversation(id_, customer, channel, loads(metadata), owner, epoch, created)


def message_of(row: Sequence[Any]) -> Message:
    """Columns: id, seq, role, text, turn_id, level, model, created_at_ms."""
    return Message(*row)


def effect_of(row: Sequence[Any]) -> Effect:
    """Columns: key, tool, args, state, result, statement, turn_id, unique_key."""
    key, tool, args, state, result, statement, turn_id, unique_key = row
    data = None if result is None else loads(result)
    return Effect(key, tool, loads(args), state, data, statement, turn_id, unique_key)


def replay_of(row: Sequence[Any], digest: str, key: str) -> Accepted | KeyReused:
    """Columns: digest, message_id, seq, turn_id; of a key that came again."""
    first, message_id, seq, turn_id = row
    if first != digest:
        return KeyReused(key)
    return Accepted(message_id, seq, turn_id, replayed=True)


def slow_turn_of(row: Sequence[Any]) -> SlowTurn:
    """Columns: id, conversation_id, state, attempt, held, level, accepted, waited."""
    id_, place, state, attempt, held, level, accepted_at_ms, waited_ms = row
    return SlowTurn(
        *(id_, place, state, attempt),
        held=bool(held),
        level=level,
        accepted_at_ms=accepted_at_ms,
        waited_ms=waited_ms,
    )


def reply_of(text: str, model: str, level: Level) -> Reply:
    """Return the reply an agent's message is."""
    return Reply(text, model, level == 0, level)


def spent_of(row: Sequence[Any]) -> Spent:
    """Read tokens and price by the customer, in the conversation, and of the day."""
    return Spent(*(Amount(*row[at : at + 2]) for at in (0, 2, 4)))


def steps_of(rows: Sequence[Any]) -> tuple[list[Step], int]:
    """Return a journal, and how many of its last steps no attempt's end has counted.

    Columns: kind, body, whether it is counted.
    """
    uncounted = sum(not counted for _, _, counted in rows)
    return [step_of(kind, body) for kind, body, _ in rows], uncounted


def approval_of(row: Sequence[Any]) -> Approval:
    """Columns: id, conversation_id, turn_id, tool, args, key, state."""
    id_, conversation_id, turn_id, tool, args, key, state = row
    return Approval(id_, conversation_id, turn_id, tool, loads(args), key, state)


def event_of(row: Sequence[Any]) -> Event:
    """Columns: id, kind, data, and those of the message it tells of."""
    id_, kind, data, *message = row
    if kind != "message":
        return Event(id_, kind, loads(data))
    m = message_of(message)
    body = {"id": m.id, "seq": m.seq, "role": m.role, "text": m.text}
    body |= {"turn_id": m.turn_id, "fallback_level": m.level, "model": m.model}
    return Event(id_, kind, body | {"created_at_ms": m.created_at_ms})


def turn_view_of(
    row: Sequence[Any], steps: Sequence[Any], effects: Sequence[Any]
) -> TurnView:
    """Put a turn, its journal and its effects together."""
    (id_, conversation_id, customer_id, state, attempt, accepted, claimed, answered) = (
        row[:8]
    )
    (held, usage, cost_usd, timings, text, model, level) = row[8:]
    reply = None if text is None else reply_of(text, model, level)
    waiting = state in ("pending", "running") and held is not None
    times = {"accepted_ms": accepted, "claimed_ms": claimed, "held_ms": held}
    times["answered_ms"] = answered
    return TurnView(
        id=id_,
        conversation_id=conversation_id,
        customer_id=customer_id,
        state="answered" if waiting and reply is not None else state,
        reply=reply,
        held=waiting,
        steps=[_step_of(step) for step in steps],
        effects=[effect_of(effect) for effect in effects],
        usage=Usage(**loads(usage)) if usage else Usage(),
        cost_usd=cost_usd,
        timings_ms={k: v for k, v in times.items() if v is not None}
        | (loads(timings) if timings else {}),
        attempt=attempt,
    )


def _step_of(row: Sequence[Any]) -> Mapping[str, Any]:
    n, kind, attempt, text, at_ms = row
    body = loads(text)
    if kind == "result" and body["call_id"] == RETRY:
        kind, body = RETRY, {"cause": body["content"]}
    return {"n": n, "kind": kind, "attempt": attempt, "at_ms": at_ms} | body


def answer_of(row: Sequence[Any]) -> KeptAnswer:
    """Columns: ref, scope, question, answer, askers, reviewed, shared, two times."""
    ref, edition, question, text, customers, reviewed, shared, kept, ends = row
    return KeptAnswer(
        *(ref, edition, question, text, customers),
        reviewed=bool(reviewed),
        shared=bool(shared),
        kept_at_ms=kept,
        expires_at_ms=ends,
    )


def no_answer(answer_id: str) -> NotFound:
    """Return the error that says where present answers are."""
    return NotFound(f"no answer {answer_id} now; see: mainstay answers list")


def found_of(row: Sequence[Any]) -> Found:
    """Columns: ok, detail, figures, owner, failures; and its age in milliseconds."""
    ok, detail, figures, owner, failures, age_ms = row
    finding = Finding(bool(ok), detail, loads(figures))
    return Found(finding, owner, failures, max(0, age_ms))
