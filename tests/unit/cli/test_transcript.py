"""The transcript: what a reader sees of a conversation."""

import io
import json

import pytest

from mainstay.cli.output import print_rows
from mainstay.cli.transcript import JsonTranscript, TextTranscript


class Screen(io.TextIOWrapper):
    """Text output with an encoding of its own."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding)

    def text(self) -> str:
        """Return what was written."""
        return self.bytes.getvalue().decode(self.encoding)


def reply(text: str, level: int = 0, model: str = "claude-sonnet-5-5") -> dict:
    """Return the data of an agent's message."""
    return {
        "role": "agent",
        "text": text,
        "turn_id": "turn_1",
        "fallback_level": level,
        "model": model,
    }


def delta(text: str, attempt: int = 1) -> dict:
    """Return the data of a piece of a reply."""
    return {"turn_id": "turn_1", "attempt": attempt, "n": 0, "text": text}


def test_a_reply_shows_how_it_was_made() -> None:
    """Level, model and tools stand under each reply; a pipe gets ASCII."""
    screen = Screen()
    seen = TextTranscript(screen, live=False)
    seen.show("message", reply("Hello"))
    seen.show("message", reply("Sorry", 4, "none"))
    assert screen.text() == (
        "agent: Hello\n[level 0 - claude-sonnet-5-5 - tools on]\n"
        "agent: Sorry\n[level 4 - none - tools off]\n"
    )


def test_a_terminal_shows_pieces_as_they_come_and_the_text_once() -> None:
    """A reply that was streamed whole is not printed a second time."""
    screen = Screen()
    seen = TextTranscript(screen, live=True)
    seen.show("delta", delta("Hel"))
    assert screen.text().endswith("agent: Hel")
    seen.show("delta", delta("lo"))
    seen.show("message", reply("Hello"))
    assert screen.text().count("Hello") == 1
    assert "[level 0 · claude-sonnet-5-5 · tools on]" in screen.text()


def test_a_reset_voids_the_pieces_so_far() -> None:
    """After a new start the whole final text is shown, and what came before is void."""
    screen = Screen()
    seen = TextTranscript(screen, live=True)
    seen.show("delta", delta("I refun"))
    seen.show("reset", {"turn_id": "turn_1", "attempt": 2})
    seen.show("message", reply("Sorry", 4, "none"))
    assert "I refun [begins again]\n" in screen.text()
    assert "agent: Sorry\n" in screen.text()


def test_a_new_attempt_voids_the_last_one_without_a_reset() -> None:
    """A reset that was missed shows in the number of the attempt."""
    screen = Screen()
    seen = TextTranscript(screen, live=True)
    seen.show("delta", delta("one", 1))
    seen.show("delta", delta("two", 2))
    assert "one [begins again]\n" in screen.text()


def test_a_pipe_gets_whole_replies_only() -> None:
    """Pieces are for eyes."""
    screen = Screen()
    TextTranscript(screen, live=False).show("delta", delta("Hel"))
    assert screen.text() == ""


def test_humans_and_changes_of_owner_are_shown() -> None:
    """The reader knows who speaks: a human's message has no level."""
    screen = Screen()
    seen = TextTranscript(screen, live=False)
    seen.show("owner", {"owner": "human"})
    seen.show("message", {"role": "human", "text": "Ann here"})
    seen.show("owner", {"owner": "ai"})
    assert screen.text() == (
        "[a human has the conversation now]\n"
        "human: Ann here\n"
        "[the agent has the conversation now]\n"
    )


def test_own_messages_are_shown_as_history_only() -> None:
    """What the reader typed is on the screen already."""
    screen = Screen()
    seen = TextTranscript(screen, live=False)
    seen.show("message", {"role": "customer", "text": "before"})
    seen.posting()
    seen.show("message", {"role": "customer", "text": "typed"})
    assert screen.text() == "you: before\n"


def test_a_reply_cannot_drive_the_terminal() -> None:
    """Escape sequences are taken out; what the encoding lacks becomes a ?."""
    screen = Screen("ascii")
    TextTranscript(screen, live=False).show("message", reply("a\x1b[2Jb é"))
    assert screen.text().startswith("agent: a[2Jb ?\n")


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Every event with its data; a reply with tools_enabled too."""
    seen = JsonTranscript()
    seen.show("message", reply("é", 2))
    seen.note("connection lost")
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["event"] == "message"
    assert first["text"] == "é"
    assert first["tools_enabled"] is False
    assert second == {"event": "note", "text": "connection lost"}


def test_rows_in_a_pipe_are_aligned_and_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is cut off at a width, and stored text cannot drive the terminal."""
    long = "x" * 300
    rows = [{"id": "1", "name": long}, {"id": "22", "name": "a\x1b[31m\n"}]
    print_rows(rows, "none")
    assert capsys.readouterr().out == f"id  name\n1   {long}\n22  a [31m\n"
    print_rows([], "none")
    assert capsys.readouterr().out == "none\n"
