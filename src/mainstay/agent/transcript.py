"""What the model reads: the conversation, this turn's steps, and what is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainstay.agent.ledger import Ledger
from mainstay.agent.progress import Progress
from mainstay.agent.wording import statements
from mainstay.domain.effect import Effect
from mainstay.domain.message import Message
from mainstay.domain.step import ModelStep
from mainstay.domain.turn import Turn
from mainstay.ports.journal import Record

CHARS_PER_TOKEN = 3.5
HISTORY_TOKENS = 16_000
"""Older messages beyond this are left out; it bounds the price of a long talk."""

MIN_HISTORY_TOKENS = 1_000
"""Below this, leaving older messages out cannot make a prompt fit."""

TURN_TOKENS = 48_000
"""The customer's own words of this turn are cut in the middle beyond this."""

INTERRUPTED = "The call was interrupted; whether it was carried out is not known."

ApiMessage = dict[str, Any]


class Transcript:
    """Builds the messages of every model call of a turn.

    The history is append-only: later calls of the turn repeat the earlier ones' prefix.

    Args:
        turn: the turn.
        record: what the store holds.
        ledger: the conversation's effects.
    """

    def __init__(self, turn: Turn, record: Record, ledger: Ledger) -> None:
        self._turn = turn
        self._record = record
        self._ledger = ledger
        self._budget = HISTORY_TOKENS
        self._thoughts = True
        self._answered = {m.turn_id for m in record.messages if m.role == "agent"}

    def compact(self) -> bool:
        """Halve the room for older messages; False when there is none left to take.

        What comes before a thought must not change once the thought is sent back
        (https://docs.claude.com/en/docs/build-with-claude/extended-thinking), so that
        the turn's thoughts are left out from here on.
        """
        if self._budget < MIN_HISTORY_TOKENS:
            return False
        self._budget //= 2
        self._thoughts = False
        return True

    def drop_thoughts(self, progress: Progress) -> bool:
        """Leave the turn's thoughts out of later calls; False when there are none.

        A new release of the agent between two attempts makes earlier thoughts unfit.
        """
        had = self._thoughts and any(
            _is_thought(block) for step in progress.responses for block in step.content
        )
        self._thoughts = False
        return had

    @property
    def question(self) -> str:
        """The customer's words of this turn."""
        return "\n".join(m.text for m in self._asked())

    @property
    def is_first(self) -> bool:
        """Whether one message, the first, is all that a model reads and we know."""
        turn = self._turn
        if turn.last_seq > 1 or self._record.conversation.metadata:
            return False
        alone = [{"role": "user", "content": [_text(self.question)]}]
        return self.messages(Progress()) == alone

    def messages(
        self,
        progress: Progress,
        note: str = "",
        paused: Sequence[Mapping[str, Any]] = (),
    ) -> list[ApiMessage]:
        """Return the Messages API history, ending with a user message.

        Args:
            progress: this turn's steps.
            note: what the model must know about this call, or "".
            paused: what the model said before it paused; if any, it comes last.
        """
        older, left_out = self._older()
        asked = self._asked_blocks(self._notes(left_out))
        merged = _merged([*older, {"role": "user", "content": asked}])
        merged += _steps(progress, thoughts=self._thoughts)
        late = [*self._held(), *([note] if note else [])]
        if late:
            merged[-1]["content"] = [*merged[-1]["content"], _context("\n".join(late))]
        if paused:
            merged.append({"role": "assistant", "content": list(paused)})
        return merged

    def _asked(self) -> list[Message]:
        first, last = self._turn.first_seq, self._turn.last_seq
        said = self._record.messages
        return [m for m in said if first <= m.seq <= last and m.role == "customer"]

    def _asked_blocks(self, notes: Sequence[str]) -> list[ApiMessage]:
        room = int(TURN_TOKENS * CHARS_PER_TOKEN)
        blocks = [_context("\n".join(notes))] if notes else []
        for message in self._asked():
            blocks.append(_text(_cut(message.text, room)))
            room = max(2000, room - len(message.text))
        if not self._asked():
            blocks.append(_text("(The customer wrote nothing new.)"))
        return blocks

    def _older(self) -> tuple[list[ApiMessage], int]:
        """Return older messages within the budget, and how many were left out."""
        room = int(self._budget * CHARS_PER_TOKEN)
        before = [m for m in self._record.messages if self._is_older(m)]
        kept: list[Message] = []
        for message in reversed(before):
            room -= len(message.text) + 20
            if room < 0:
                break
            kept.append(message)
        while kept and kept[-1].role != "customer":
            kept.pop()
        left_out = len(before) - len(kept) + self._record.earlier_messages
        return [_said(m) for m in reversed(kept)], left_out

    def _is_older(self, message: Message) -> bool:
        """Tell whether a message comes before this turn's words.

        Others' replies do, whatever their number: this turn's words may have waited.
        """
        turn = self._turn
        if message.role != "customer":
            return message.turn_id != turn.id
        late = message.seq > turn.last_seq and message.turn_id in self._answered
        return message.seq < turn.first_seq or late

    def _notes(self, left_out: int) -> list[str]:
        notes: list[str] = []
        if left_out:
            notes.append(
                f"{left_out} earlier messages of this conversation are left out."
            )
        notes += [_earlier(effect) for effect in self._ledger.of_earlier_turns()]
        notes += self._decision()
        return notes

    def _held(self) -> list[str]:
        mine = (m for m in self._record.messages if m.turn_id == self._turn.id)
        told = [m.text for m in mine if m.role == "agent"]
        return [f"You have already told the customer: {text}" for text in told]

    def _decision(self) -> list[str]:
        approval = self._record.approval
        if approval is None:
            return []
        what = f"{approval.tool} with {dict(approval.args)}"
        if approval.state == "denied":
            return [f"A colleague declined the request {what}. Tell the customer."]
        told = statements(self._ledger.of_turn("committed", "unknown", "intended"))
        failed = [f"It failed: {e.result}" for e in self._ledger.of_turn("failed")]
        return [
            f"A colleague approved the request {what}.",
            *(told or failed or ["It could not be carried out."]),
            "Tell the customer.",
        ]


def _steps(progress: Progress, *, thoughts: bool) -> list[ApiMessage]:
    """Return responses and results; a call without a result gets one (orphan repair).

    A tool_use that no tool_result follows makes the API refuse every later call
    (https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use).
    """
    out: list[ApiMessage] = []
    results = progress.results
    for response in progress.responses:
        if not response.calls:
            continue
        out.append(
            {"role": "assistant", "content": _blocks(response, thoughts=thoughts)}
        )
        answers: list[ApiMessage] = []
        for call in response.calls:
            result = results.get(call.id)
            content = INTERRUPTED if result is None else result.content
            block = {"type": "tool_result", "tool_use_id": call.id, "content": content}
            failed = result is None or result.is_error
            answers.append(block | ({"is_error": True} if failed else {}))
        out.append({"role": "user", "content": answers})
    return out


def _blocks(response: ModelStep, *, thoughts: bool) -> list[Mapping[str, Any]]:
    """Return the response's blocks; a thought says whose it is."""
    return [
        {**block, "model": response.model} if _is_thought(block) else block
        for block in response.content
        if (thoughts or not _is_thought(block))
        and (block["type"] != "text" or block["text"])
    ]


def _earlier(effect: Effect) -> str:
    """Return what an earlier turn did, or may have done."""
    what = f"{effect.tool} with {dict(effect.args)}"
    if effect.state == "committed":
        return f"Already done earlier: {effect.statement or what}"
    return f"In doubt, a colleague checks it; do not do it again: {what}"


def _is_thought(block: Mapping[str, Any]) -> bool:
    return block["type"] in {"thinking", "redacted_thinking"}


def _said(message: Message) -> ApiMessage:
    """Return an older message. Its content is a string, the API's short form.

    A worker holds them while the model thinks, of every turn: blocks would double it.
    """
    if message.role == "customer":
        return {"role": "user", "content": message.text}
    words = message.text
    if message.role == "human":
        words = f"[A human colleague answered:] {words}"
    return {"role": "assistant", "content": words}


def _merged(messages: Sequence[ApiMessage]) -> list[ApiMessage]:
    """Join neighbours of one role."""
    out: list[ApiMessage] = []
    for message in messages:
        if out and out[-1]["role"] == message["role"]:
            out[-1] = {**message, "content": [*_content(out[-1]), *_content(message)]}
        else:
            out.append(message)
    return out


def _content(message: ApiMessage) -> list[ApiMessage]:
    """Return a message's blocks."""
    content = message["content"]
    return [_text(content)] if isinstance(content, str) else content


def _text(text: str) -> ApiMessage:
    return {"type": "text", "text": text}


def _context(text: str) -> ApiMessage:
    return _text(f"<context>\n{text}\n</context>")


def _cut(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    half = room // 2
    return (
        f"{text[:half]}\n[… {len(text) - room} characters left out …]\n{text[-half:]}"
    )
