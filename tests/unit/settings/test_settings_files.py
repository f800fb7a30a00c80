"""NAME_FILE: a value from a file."""

from pathlib import Path

import pytest

from mainstay.settings import faults, load


def test_a_value_comes_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    """One trailing newline is dropped, all other white space is the value's."""
    file = tmp_path / "key"
    file.write_text(" k\n\n")
    key = load({"ANTHROPIC_API_KEY_FILE": str(file)}).anthropic_api_key
    assert key is not None
    assert key.get_secret_value() == " k\n"


def test_any_name_may_come_from_a_file(tmp_path: Path) -> None:
    """A number from a file is typed and ranged like any other."""
    file = tmp_path / "port"
    file.write_text("9000\n")
    assert load({"API_PORT_FILE": str(file)}).api_port == 9000
    file.write_text("-1")
    assert faults({"API_PORT_FILE": str(file)}) == [
        "API_PORT: should be greater than or equal to 0, not '-1'"
    ]


def test_a_name_and_its_file_contradict_each_other(tmp_path: Path) -> None:
    """Both set is a fault that shows neither value."""
    env = {"REDIS_URL": "redis://:pw@h", "REDIS_URL_FILE": str(tmp_path)}
    (found,) = faults(env)
    assert found == "REDIS_URL and REDIS_URL_FILE are both set; unset one of them"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff", "is not UTF-8 text"),
        (b"x" * 65_537, "is larger than 65536 bytes"),
    ],
)
def test_an_unusable_file_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """The fault names the variable, the file and the reason, not the content."""
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    found = faults({"MAINSTAY_TOKEN_SECRET_FILE": str(file)})
    assert found == [f"MAINSTAY_TOKEN_SECRET_FILE: {file}: {reason}"]


def test_a_broken_file_is_not_also_missing(tmp_path: Path) -> None:
    """Production does not call a name unset whose file cannot be read."""
    env = {
        "MAINSTAY_ENV": "production",
        "DB_TYPE": "sqlite",
        "QUEUE_TYPE": "database",
        "ANTHROPIC_API_KEY_FILE": str(tmp_path / "none"),
    }
    assert [f.split(":")[0] for f in faults(env)] == ["ANTHROPIC_API_KEY_FILE"]
