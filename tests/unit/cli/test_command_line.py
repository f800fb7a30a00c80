"""The command as a user meets it: help, usage errors, exit codes."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import mainstay


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Return a function that runs ``mainstay`` in an empty folder."""

    def run(*args: str, env: Mapping[str, str] | None = None) -> Ran:
        source = str(Path(mainstay.__file__).parents[1])
        done = subprocess.run(
            [sys.executable, "-m", "mainstay", *args],
            cwd=tmp_path,
            env={"PYTHONPATH": source, "PATH": "/usr/bin:/bin"} | dict(env or {}),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


COMMANDS = (
    ["demo"],
    ["serve"],
    ["chat"],
    ["simulator"],
    ["migrate"],
    ["check", "config"],
    ["keys", "create"],
    ["keys", "list"],
    ["keys", "revoke"],
    ["queue", "stats"],
    ["alerts"],
    ["alerts", "silence"],
    ["alerts", "unsilence"],
    ["alerts", "test"],
    ["queue", "dead"],
    ["queue", "redrive"],
    ["breakers", "list"],
    ["breakers", "open"],
    ["breakers", "close"],
    ["breakers", "auto"],
    ["audit", "verify"],
    ["answers", "list"],
    ["answers", "approve"],
    ["answers", "remove"],
    ["spend"],
)


def test_help_lists_the_commands(command: Command) -> None:
    """The list is the contract's."""
    ran = command("--help")
    assert ran.code == 0
    assert {c[0] for c in COMMANDS} <= set(ran.out.split())


def test_help_loads_nothing_heavy(command: Command) -> None:
    """What the commands work with is imported when one runs, not for the help."""
    ran = command("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.split("|")[-1].strip() for line in ran.err.splitlines()}
    assert "typer" in loaded
    heavy = {"pydantic", "aiohttp", "anthropic", "starlette", "sqlite3", "rich"}
    assert not heavy & loaded


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_explains_itself(command: Command, words: list[str]) -> None:
    """``--help`` of every command is plain ASCII and exits 0."""
    ran = command(*words, "--help")
    assert ran.code == 0
    assert ran.out.isascii()
    assert "Usage: mainstay " + " ".join(words) in ran.out


def test_the_version_is_printed(command: Command) -> None:
    """``mainstay --version`` says which release this is."""
    ran = command("--version")
    assert (ran.code, ran.out) == (0, f"mainstay {mainstay.__version__}\n")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["keys"],
        ["serve"],
        ["serve", "everything"],
        ["demo", "--port", "65536"],
        ["demo", "--nonsense"],
        ["chat", "--key", "k", "--url", "foo"],
        ["keys", "create", "--role", "king"],
        ["keys", "revoke"],
        ["queue", "redrive"],
        ["breakers", "open"],
        ["breakers", "close"],
        ["breakers", "auto"],
        ["queue", "redrive", "turn_1", "--all"],
        ["alerts", "silence", "MainstayQueueLong"],
        ["alerts", "silence", "MainstayQueueLong", "--reason", " "],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_exit_2(command: Command, words: list[str]) -> None:
    """The line goes to stderr and points at the help; nothing is on stdout."""
    ran = command(*words)
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert line.startswith("mainstay: ")
    assert line.endswith("--help")


@pytest.mark.parametrize(
    ("words", "env", "way_out"),
    [
        (["serve", "tools"], {}, "openssl rand -hex 32"),
        (
            ["serve", "worker"],
            {"TOOLS_URL": "http://127.0.0.1:9/mcp"},
            "MAINSTAY_TOOLS_SECRET not set",
        ),
        (
            ["serve", "tools"],
            {"MAINSTAY_ENV": "production"},
            "--agent pkg.module:agent",
        ),
        (["serve", "all"], {}, "mainstay demo"),
        (["serve", "worker"], {"DB_TYPE": "postgres"}, "DATABASE_URL not set"),
        (["serve", "all", "--agent", "a.py"], {}, "pkg.module:agent"),
        (["demo"], {"MAINSTAY_ENV": "production"}, "use: mainstay serve all"),
        (
            ["serve", "gateway"],
            {
                "MAINSTAY_ENV": "production",
                "ANTHROPIC_API_KEY": "k",
                "DB_TYPE": "sqlite",
                "QUEUE_TYPE": "database",
            },
            "--agent pkg.module:agent",
        ),
        (["keys", "list"], {}, "mainstay migrate"),
        (["queue", "stats", "--data", "none"], {}, "no store at none/mainstay.db"),
        (["keys", "list"], {"MAINSTAY_ENV": "production"}, "DATABASE_URL not set"),
        (["chat"], {}, "make run"),
        (["chat", "--key", "k", "--url", "http://127.0.0.1:9"], {}, "make run"),
    ],
)
def test_a_failed_run_is_one_line_and_exit_1(
    command: Command, words: list[str], env: dict[str, str], way_out: str
) -> None:
    """The line goes to stderr and names the way out; there is no traceback."""
    ran = command(*words, env=env)
    assert (ran.code, ran.out) == (1, "")
    (line,) = ran.err.splitlines()
    assert line.startswith("mainstay: ")
    assert way_out in line


def test_check_config_names_each_fault_on_its_line(command: Command) -> None:
    """Every fault at once and once, on stdout; exit 1."""
    env = {"MAINSTAY_ENV": "production", "MAINSTAY_BOOTSTRAP_KEY": "hush-hush"}
    ran = command("check", "config", env=env)
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "ANTHROPIC_API_KEY not set",
        "DATABASE_URL not set",
        "QUEUE_URL not set",
        "MAINSTAY_BOOTSTRAP_KEY: should have 32 characters or more",
    ]
    assert ran.err == ""
    assert "hush-hush" not in ran.out


def test_check_config_is_content(command: Command) -> None:
    """Good settings exit 0; what has no effect is noted on stderr."""
    ran = command("check", "config", env={"REDIS_TTL": "60"})
    assert (ran.code, ran.out) == (0, "settings: OK\n")
    assert "REDIS_TTL has no effect without REDIS_URL" in ran.err


def test_check_config_speaks_json(command: Command) -> None:
    """--json prints one object and exits like the text form."""
    ran = command("check", "config", "--json", env={"API_PORT": "x"})
    assert ran.code == 1
    assert ran.out.startswith('{"ok": false, "faults": ["API_PORT: ')


def test_redrive_tells_which_ids_are_not_dead(command: Command) -> None:
    """In text and in JSON, so that a slip of the pen is found; exit 1."""
    assert command("migrate").code == 0
    told = command("queue", "redrive", "nope", "turn_1", "--json")
    assert (told.code, told.err) == (1, "")
    assert json.loads(told.out) == {"redriven": 0, "not_dead": ["nope", "turn_1"]}
    told = command("queue", "redrive", "nope")
    assert (told.code, told.out) == (1, "redriven: 0 of 1\nnot dead: nope\n")


@pytest.mark.parametrize("words", [["simulator"], ["demo"]], ids=" ".join)
def test_a_port_in_use_is_told_with_a_way_that_works(
    command: Command, words: list[str]
) -> None:
    """Every command that listens has --port; which variable it reads differs."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = command(*words, "--port", str(taken.getsockname()[1]))
    assert ran.code == 1
    assert ran.err.splitlines()[-1].endswith("; choose another one with --port")


@pytest.mark.parametrize("words", [["--help"], ["spend"]], ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_is_full_is_told(
    command: Command, tmp_path: Path, words: list[str], unbuffered: str
) -> None:
    """As what it is: another folder for the data would be no way out."""
    assert command("migrate").code == 0
    source = str(Path(mainstay.__file__).parents[1])
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mainstay", *words],
            cwd=tmp_path,
            env={"PYTHONPATH": source, "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    told = "mainstay: standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)
