"""What the model reads."""

from dataclasses import replace
from typing import Any

from mainstay.agent.ledger import Ledger
from mainstay.agent.progress import Progress
from mainstay.agent.transcript import INTERRUPTED, Transcript
from mainstay.domain.conversation import Conversation
from mainstay.domain.effect import Effect
from mainstay.domain.message import Message
from mainstay.domain.step import ModelStep, ResultStep
from mainstay.domain.turn import Turn
from mainstay.ports.journal import Approval, Record

CONVERSATION = Conversation("conv_1", "c", "test", {}, "ai", 0, 0)
CALL = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}


def turn(first: int, last: int) -> Turn:
    """Return a turn over these messages."""
    return Turn("turn_1", "conv_1", first, last, "running", 1, 1, 0, 28_000)


def message(seq: int, role: Any, text: str, turn_id: str | None = None) -> Message:
    """Return a message."""
    return Message(f"msg_{seq}", seq, role, text, turn_id, None, None, 0)


def effect(turn_id: str, state: Any, statement: str = "Paid 5.") -> Effect:
    """Return an effect."""
    return Effect(f"{turn_id}:k", "pay", {}, state, None, statement, turn_id)


def transcript(
    messages: list[Message],
    at: Turn,
    effects: list[Effect] | None = None,
    approval: Approval | None = None,
) -> Transcript:
    """Return the transcript of a turn."""
    record = Record(CONVERSATION, messages, [], effects or [], approval)
    return Transcript(at, record, Ledger(at.id, record.effects))


def texts(messages: list[dict[str, Any]]) -> str:
    """Return all text of an API history."""
    contents = [m["content"] for m in messages]
    return "\n".join(
        content
        if isinstance(content, str)
        else "\n".join(b.get("text", "") for b in content)
        for content in contents
    )


def test_roles_alternate_and_the_last_is_the_customer() -> None:
    """Bursts are joined; humans' words stand on our side and say who spoke."""
    said = [
        message(1, "customer", "Hi"),
        message(2, "customer", "Anyone?"),
        message(3, "agent", "Hello"),
        message(4, "human", "Olga here"),
        message(5, "customer", "Thanks"),
    ]
    out = transcript(said, turn(5, 5)).messages(Progress())
    assert [m["role"] for m in out] == ["user", "assistant", "user"]
    assert "[A human colleague answered:] Olga here" in texts(out)
    assert out[-1]["content"][-1]["text"] == "Thanks"


def test_an_older_message_is_its_text_and_no_more() -> None:
    """Two hundred turns wait for models at once, each with all that was said before."""
    said = [
        message(1, "customer", "Hi"),
        message(2, "agent", "Hello"),
        message(3, "customer", "Thanks"),
    ]
    assert transcript(said, turn(3, 3)).messages(Progress())[:2] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]


def test_later_messages_are_left_to_their_own_turn() -> None:
    """What was written while the turn ran is the next turn's."""
    said = [message(1, "customer", "First"), message(2, "customer", "Second")]
    assert "Second" not in texts(transcript(said, turn(1, 1)).messages(Progress()))


def test_an_orphaned_call_gets_a_result() -> None:
    """A call whose result is missing is answered as interrupted, or the API refuses."""
    progress = Progress.of([ModelStep("m", [CALL], "tool_use")])
    out = transcript([message(1, "customer", "Hi")], turn(1, 1)).messages(progress)
    [result] = out[-1]["content"]
    assert result["tool_use_id"] == "toolu_1"
    assert result["is_error"] is True
    assert result["content"] == INTERRUPTED


def test_a_result_follows_its_call() -> None:
    """A call and its result are sent back as the API wants them."""
    steps = [ModelStep("m", [CALL], "tool_use"), ResultStep("toolu_1", "42")]
    out = transcript([message(1, "customer", "Hi")], turn(1, 1)).messages(
        Progress.of(steps)
    )
    assert out[-2] == {"role": "assistant", "content": [CALL]}
    assert out[-1]["content"] == [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "42"}
    ]


def test_a_long_conversation_keeps_its_end_and_its_facts() -> None:
    """Older messages make room; what was done and how much is missing is said."""
    said = [
        message(n, "customer" if n % 2 else "agent", f"{n} " + "x" * 2000)
        for n in range(1, 100)
    ]
    out = transcript(said, turn(99, 99), [effect("turn_0", "committed")]).messages(
        Progress()
    )
    text = texts(out)
    assert len(text) < 70_000
    assert "Already done earlier: Paid 5." in text
    assert "earlier messages of this conversation are left out" in text
    assert "99 xxx" in text
    assert out[0]["role"] == "user"


def test_what_was_said_while_this_waited_is_known() -> None:
    """An earlier turn's reply stands before the words that waited, by any number."""
    said = [
        message(1, "customer", "Where is it?"),
        message(2, "customer", "And refund it"),
        message(3, "agent", "It is in Berlin.", "turn_0"),
        message(4, "customer", "Not yet this one"),
    ]
    out = transcript(said, turn(2, 2)).messages(Progress())
    assert [m["role"] for m in out] == ["user", "assistant", "user"]
    assert "It is in Berlin." in texts(out[1:2])
    assert texts(out[2:]) == "And refund it"


def test_compacting_ends() -> None:
    """Each round leaves more out, until there is nothing left to take."""
    said = [message(n, "customer", "x" * 3000) for n in range(1, 30)]
    script = transcript(said, turn(29, 29))
    sizes = [len(texts(script.messages(Progress())))]
    while script.compact():
        sizes.append(len(texts(script.messages(Progress()))))
    assert len(sizes) < 10
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] / 5
    assert "x" * 3000 in texts(script.messages(Progress()))


def test_compacting_leaves_thoughts_out() -> None:
    """A thought must not be sent back after what came before it was changed."""
    progress = Progress.of([ModelStep("m", [THOUGHT, CALL], "tool_use")])
    script = transcript([message(1, "customer", "Hi")], turn(1, 1))
    thought = script.messages(progress)[1]["content"][0]
    assert thought == {**THOUGHT, "model": "m"}
    assert script.compact()
    assert script.messages(progress)[1]["content"] == [CALL]
    assert not script.drop_thoughts(progress)


def test_an_approved_call_is_told() -> None:
    """The turn that a decision opened says what was decided and done."""
    approval = Approval("appr_1", "conv_1", "turn_0", "pay", {"n": 5}, "k", "approved")
    at = replace(turn(3, 2), approval_id="appr_1")
    done = [effect("turn_1", "committed")]
    said = [message(1, "customer", "Pay"), message(2, "agent", "I have asked")]
    out = transcript(said, at, done, approval).messages(Progress())
    assert "A colleague approved the request pay" in texts(out)
    assert "Paid 5." in texts(out)
    undone = transcript(said, at, [], approval).messages(Progress())
    assert "It could not be carried out." in texts(undone)
    denied = replace(approval, state="denied")
    assert "declined" in texts(transcript(said, at, [], denied).messages(Progress()))


def test_a_holding_reply_is_known_to_the_real_one() -> None:
    """What the watchdog said stands at the end, so that earlier parts stay the same."""
    said = [message(1, "customer", "Hi"), message(2, "agent", "Hold on.", "turn_1")]
    out = transcript(said, turn(1, 1)).messages(Progress())
    assert out[-1]["role"] == "user"
    assert "already told the customer: Hold on." in out[-1]["content"][-1]["text"]
