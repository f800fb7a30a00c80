"""No secret gets into the log, whatever an event brings."""

import io
import json

import pytest

from mainstay.monitoring.redaction import HIDDEN, Redaction
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.author_events import ErrorRecorded
from mainstay.ports.telemetry import Trouble

SECRET = "a-secret-that-nobody-may-read"  # noqa: S105 - of a test


def line_of(monitoring: Monitoring, out: io.StringIO, error: str) -> str:
    """Return the line that a trouble of these words gives."""
    monitoring.emit(Trouble("somewhere", error))
    return out.getvalue().splitlines()[-1]


def test_a_known_secret_is_hidden_wherever_it_stands() -> None:
    """In words, in names and values of a mapping, at the edge where texts are cut."""
    out = io.StringIO()
    monitoring = Monitoring(as_json=True, stream=out)
    monitoring.hide(lambda: {SECRET})
    line_of(monitoring, out, f"refused: {SECRET}!")
    line_of(monitoring, out, "x" * 490 + SECRET)
    monitoring.emit(ErrorRecorded("odd", {SECRET: 1, "key": f"is-{SECRET}"}))
    text = out.getvalue()
    assert SECRET not in text
    assert SECRET[:10] not in text
    assert json.loads(text.splitlines()[0])["error"] == f"refused: {HIDDEN}!"


def test_a_rotated_secret_is_hidden_from_its_first_line_on() -> None:
    """And the one before it stays hidden: it may still be valid."""
    out, now = io.StringIO(), {"first-secret-value"}
    monitoring = Monitoring(as_json=True, stream=out)
    monitoring.hide(lambda: set(now))
    line_of(monitoring, out, "nothing yet")
    now.clear()
    now.add("second-secret-value")
    line_of(monitoring, out, "first-secret-value second-secret-value")
    assert "secret-value" not in out.getvalue()


@pytest.mark.parametrize("brk", ["\n", "\r\n", " ", "\\n"])
def test_a_secret_of_several_lines_is_hidden_however_it_is_broken(brk: str) -> None:
    """A private key is one; a line of the log has no breaks of its own."""
    out = io.StringIO()
    monitoring = Monitoring(as_json=True, stream=out)
    pieces = ["-----BEGIN KEY-----", "MC4CAQAwBQYDK2Vw", "-----END KEY-----"]
    monitoring.hide(lambda: {"\n".join(pieces) + "\n"})
    monitoring.hide(lambda: {" \n \n \n \n "})
    key = brk.join(pieces)
    line = line_of(monitoring, out, f"cannot read {key}: odd")
    assert json.loads(line)["error"] == f"cannot read {HIDDEN}: odd"


def test_of_two_secrets_the_longer_one_is_hidden_whole() -> None:
    """One may begin with the other."""
    redaction = Redaction()
    redaction.hide(lambda: {"abcdefgh", "abcdefgh-and-more"})
    redaction.refresh()
    assert redaction.of("abcdefgh-and-more abcdefgh") == f"{HIDDEN} {HIDDEN}"


@pytest.mark.parametrize(
    "text",
    [
        "sk-ant-api03-abc_DEF-123",
        "Authorization: Bearer abcdef123456",
        "postgresql://ann:pa$$word@db.example:5432/shop",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    """Whoever it belongs to."""
    told = Redaction().of(f"it said {text} and more")
    assert HIDDEN in told
    for part in ("abc_DEF", "abcdef123456", "pa$$word", "c2lnbmF0dXJl", "IOSFODNN"):
        assert part not in told
    assert told.startswith("it said ")
    assert told.endswith(" and more")


@pytest.mark.parametrize(
    "text",
    [
        "the database in DATABASE_URL cannot be used now: connection refused",
        "http://127.0.0.1:8080/health at 12:30",
        "TimeoutError: turn_01J8",
        "basic service",
    ],
)
def test_plain_words_stay(text: str) -> None:
    """A log that hides too much is of no use."""
    redaction = Redaction()
    redaction.hide(lambda: {"", "a", "dev"})
    redaction.refresh()
    assert redaction.of(text) == text
