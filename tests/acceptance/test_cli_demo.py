"""The demo, the chat and administration, as a newcomer meets them."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

READY = "mainstay ready: demo at "


@dataclass(frozen=True)
class Demo:
    """A running demo.

    Args:
        folder: where it was started; its data is in ``mainstay-data``.
        address: where it listens.
        welcome: what it printed.
    """

    folder: Path
    address: str
    welcome: str

    def mainstay(
        self, *args: str, typed: str = "", code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run another command beside it."""
        done = subprocess.run(
            [sys.executable, "-m", "mainstay", *args],
            cwd=self.folder,
            env=dict(os.environ),
            input=typed,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    def chat(self, typed: str, *options: str) -> str:
        """Return what a chat shows after these lines."""
        return self.mainstay(
            "chat", "--url", self.address, *options, typed=typed
        ).stdout


def until_ctrl_c(process: subprocess.Popen[str]) -> str:
    """Return the welcome, to its last line."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            return "".join(lines)
    errors = process.stderr.read() if process.stderr else ""
    pytest.fail(f"the demo ended: {errors}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo on a free port, without a key for Claude, stopped by SIGTERM."""
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [sys.executable, "-m", "mainstay", "demo", "--port", "0"],
        cwd=folder,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        welcome = until_ctrl_c(process)
        address = welcome.splitlines()[0].removeprefix(READY)
        yield Demo(folder, address, welcome)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0


def test_the_welcome_says_all_a_newcomer_needs(demo: Demo) -> None:
    """Address, model, key and what to try next, in one screen of plain text."""
    assert demo.address.startswith("http://127.0.0.1:")
    assert "stand-in" in demo.welcome
    key = (demo.folder / "mainstay-data" / "demo-key").read_text().strip()
    assert key in demo.welcome
    assert f"chat --url {demo.address}" in demo.welcome
    assert "curl -s" in demo.welcome
    assert demo.welcome.isascii()
    assert len(demo.welcome.splitlines()) <= 24


def test_the_secret_is_in_its_file_only(demo: Demo) -> None:
    """Mode 0600, and no other file of the data folder has it."""
    data = demo.folder / "mainstay-data"
    file = data / "demo-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = file.read_bytes().strip()
    others = [p for p in data.rglob("*") if p.is_file() and p != file]
    assert others
    assert all(secret not in p.read_bytes() for p in others)


def test_a_chat_through_a_pipe(demo: Demo) -> None:
    """An order is found; each reply shows its level, model and tools."""
    shown = demo.chat("where is order 1042?\n")
    assert "agent: " in shown
    assert "1042" in shown
    assert "[level 0 - claude-sonnet-5-5 - tools on]" in shown


def test_a_chat_as_json_goes_on_where_it_was(demo: Demo) -> None:
    """Events are JSON lines; --conversation shows what was said before."""
    options = ("--customer", "cust_json", "--json")
    lines = demo.chat("hello\n", *options).splitlines()
    events = [json.loads(line) for line in lines]
    (reply,) = [e for e in events if e.get("role") == "agent"]
    assert reply["tools_enabled"] is True
    conversation = events[0]["text"].split()[1]
    again = demo.chat("thanks\n", "--conversation", conversation)
    assert "you: hello" in again
    assert again.count("[level 0") == 2


def test_a_person_is_asked_for(demo: Demo) -> None:
    """After the handoff a human owns the conversation, and the chat says so."""
    shown = demo.chat("let me talk to a person\nare you there?\n")
    assert "[a human has the conversation now]" in shown


def test_keys_are_made_used_and_revoked_beside_the_server(demo: Demo) -> None:
    """A key that the command makes works at once; the table never has its secret."""
    made = demo.mainstay("keys", "create", "--name", "test", "--json")
    key = json.loads(made.stdout)
    assert key["role"] == "client"
    assert "[level 0" in demo.chat("hello\n", "--key", key["secret"])
    listed = demo.mainstay("keys", "list").stdout
    assert key["id"] in listed
    assert key["secret"] not in listed
    demo.mainstay("keys", "revoke", key["id"])
    rows = json.loads(demo.mainstay("keys", "list", "--json").stdout)
    assert [r["revoked_at"] is not None for r in rows if r["id"] == key["id"]] == [True]
    missing = demo.mainstay("keys", "revoke", "key_none", code=1)
    assert len(missing.stderr.splitlines()) == 1


def test_the_queue_and_the_audit_are_looked_at_beside_the_server(demo: Demo) -> None:
    """Figures, no dead turns, an intact chain."""
    stats = json.loads(demo.mainstay("queue", "stats", "--json").stdout)
    assert stats["dead"] == 0
    assert "no dead turns" in demo.mainstay("queue", "dead").stdout
    assert demo.mainstay("queue", "redrive", "--all").stdout == "redriven: 0\n"
    demo.mainstay("queue", "redrive", "turn_none", code=1)
    verdict = json.loads(demo.mainstay("audit", "verify", "--json").stdout)
    assert verdict["intact"] is True
    assert verdict["entries"] > 0


def test_the_metrics_are_those_of_the_page(demo: Demo) -> None:
    """A live scrape has the turns that were answered."""
    demo.chat("hello\n")
    with urlopen(f"{demo.address}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert 'mainstay_turns_total{level="0",outcome="answered"}' in text


def test_a_chat_without_its_server_names_the_way_out(demo: Demo) -> None:
    """One line, exit 1."""
    done = demo.mainstay("chat", "--url", "http://127.0.0.1:9", code=1)
    assert "make run" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_taken_port_is_one_line(demo: Demo) -> None:
    """A second server on the same port names the way out."""
    port = demo.address.rsplit(":", 1)[1]
    done = demo.mainstay("demo", "--port", port, "--data", "other", code=1)
    assert "--port" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_migrate_makes_a_store_once(demo: Demo) -> None:
    """The first run tells from what to what, the second has nothing to do."""
    first = demo.mainstay("migrate", "--data", "fresh", "--json").stdout
    assert json.loads(first)["from"] is None
    second = json.loads(demo.mainstay("migrate", "--data", "fresh", "--json").stdout)
    assert second["from"] == second["to"]
    assert (demo.folder / "fresh" / "mainstay.db").exists()
