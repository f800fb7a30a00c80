"""``mainstay top`` on a running system: in a pipe, as JSON, and on a real terminal."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import KEY, Server, StandIn, serving

PATIENCE_S = 30.0
HELLO = "Hello, who are you?"


def command(*words: str) -> list[str]:
    """Return the command line."""
    return [sys.executable, "-m", "mainstay", "top", *words, "--every", "0.5"]


ENV = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH", "HOME")}
ENV["MAINSTAY_BOOTSTRAP_KEY"] = KEY


def run(server: Server, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    done = subprocess.run(
        command("--url", server.address, *words),
        cwd=server.folder,
        env=ENV,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    return done


@contextmanager
def piped(server: Server, *words: str) -> Generator[Iterator[str]]:
    """Give the lines that the command prints, and end it."""
    with subprocess.Popen(
        command("--url", server.address, *words),
        cwd=server.folder,
        env=ENV,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.kill()


class Screen:
    """A terminal of a size, and the command that runs on it."""

    def __init__(self, address: str, folder: Path, size: tuple[int, int]) -> None:
        self._master, keys = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(keys)
        self._keys = keys
        self.seen = ""
        self.process = subprocess.Popen(
            command("--url", address),
            cwd=folder,
            env=ENV | {"TERM": "xterm"},
            stdin=keys,
            stdout=keys,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def resize(self, height: int, width: int) -> None:
        """Set the size, as a window does."""
        size = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def until(self, pattern: str) -> list[str]:
        """Return the lines of the first later frame in which a pattern is found."""
        self.seen = ""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            self.seen += os.read(self._master, 65_536).decode()
            *frames, _ = self.seen.split("\x1b[J")
            for frame in frames:
                plain = re.sub(r"\x1b\[[\d;?]*\w", "", frame)
                if re.search(pattern, plain):
                    return [line.rstrip() for line in plain.split("\r\n")]
        raise AssertionError(f"{pattern} is not in {self.seen[-3000:]}")

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was."""
        return termios.tcgetattr(self._keys) == self.before

    def close(self) -> None:
        """End all of it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        os.close(self._master)
        os.close(self._keys)


@pytest.fixture
def screen(server: Server) -> Generator[Screen]:
    """Give a terminal of 30 lines with 100 characters."""
    with closing(Screen(server.address, server.folder, (30, 100))) as one:
        yield one


def test_once_is_the_whole_frame(server: Server) -> None:
    """What a person needs, in plain text; the slowest turns by their ids."""
    talk = server.open()
    turn = server.say(talk, HELLO)["turn_id"]
    shown = run(server, "--once").stdout
    assert shown.startswith(f"mainstay top   {server.address}")
    for words in (
        r"health +healthy",
        r"replies +\d",
        r"queue +0 ready \(healthy\) .* 0 dead",
        r"breakers +\d+ closed",
        rf"{turn} +answered +0 +[1-9] +\d",
    ):
        assert re.search(words, shown), f"{words} is not in {shown}"
    assert "\x1b" not in shown


def test_json_has_every_figure(server: Server) -> None:
    """One object; numbers are numbers, of the traffic that there was."""
    server.ask(HELLO)
    found: dict[str, Any] = json.loads(run(server, "--once", "--json").stdout)
    assert found["health"]["overall_healthy"] is True
    assert found["queue"]["exact"] is True
    assert found["turns"][0]["state"] == "answered"
    assert found["usd_today"] > 0
    assert (found["gone"], found["silent"]) == (None, {})


def test_traffic_is_seen_as_it_flows(server: Server) -> None:
    """Rates by level, times of turns, calls of models and tools."""
    with piped(server, "--json") as lines:
        next(lines)
        server.say(server.open(), "where is order 1042?")
        for line in lines:
            found = json.loads(line)
            if sum(found["replies"].values()) > 0:
                break
    assert found["replies"].keys() == {"0"}
    assert found["turn_s"]["half"] > 0
    (model,) = (one for one in found["models"] if one["per_s"])
    assert (model["name"], model["failed"]) == ("claude-sonnet-5-5", 0)
    (tool,) = found["tools"]
    assert (tool["name"], tool["failed"]) == ("lookup_order", 0)


def test_a_pipe_gets_a_line_each_time(server: Server) -> None:
    """Without a terminal nothing is drawn."""
    with piped(server) as lines:
        for _ in range(2):
            line = next(lines)
            assert re.match(r"\d\d:\d\d:\d\d  healthy  replies \d", line), line


def test_a_terminal_is_drawn_resized_and_given_back(screen: Screen) -> None:
    """A frame fits the window, also after the window changed; q ends it."""
    lines = screen.until(r"health +healthy")
    assert len(lines) <= 30
    screen.resize(5, 40)
    os.kill(screen.process.pid, signal.SIGWINCH)
    lines = screen.until(r"more lines")
    assert len(lines) == 5
    assert max(map(len, lines)) <= 40
    assert not screen.restored
    screen.press(b"q")
    assert screen.process.wait(20) == 0
    assert screen.restored


def test_ctrl_c_ends_it_and_gives_the_terminal_back(screen: Screen) -> None:
    """As a key: the terminal sends it so while it is drawn on."""
    screen.until(r"health +healthy")
    screen.press(b"\x03")
    assert screen.process.wait(20) == 130
    assert screen.restored


def test_a_gateway_that_goes_is_missed_and_comes_back(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """Its last figures stay, marked as old; nobody has to start the view again."""
    folder = tmp_path / "data"
    with serving(folder, stand_in.address) as server:
        port = server.address.rpartition(":")[2]
        screen = Screen(server.address, folder, (30, 100))
        with closing(screen):
            screen.until(r"health +healthy")
            assert server.stop() == 0
            lines = screen.until(r"This is how it was")
            assert "NO ANSWER: nobody listens there" in lines[0]
            assert any(line.startswith("queue ") for line in lines)
            with serving(folder, stand_in.address, API_PORT=port):
                lines = screen.until(r"over \d+ s\s+health +healthy")
            assert not any("NO ANSWER" in line for line in lines)


def test_wrong_ways_in_name_the_right_one(server: Server) -> None:
    """A key that is refused, and a server that is not there."""
    refused = run(server, "--once", "--key", "x" * 40, code=1)
    assert refused.stderr.startswith("mainstay: http://127.0.0.1:")
    assert "--key" in refused.stderr
    gone = Server("http://127.0.0.1:9", server.folder, server.process)
    assert "--url" in run(gone, "--once", code=1).stderr
