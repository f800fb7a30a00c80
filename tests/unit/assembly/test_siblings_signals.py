"""The parent of several gateway processes: signals that come at a bad moment."""

import subprocess
import sys
from pathlib import Path

PARENT = """
import os, signal
from mainstay.assembly.siblings import Siblings
from mainstay.settings import load

class Struck(Siblings):
    def _is_due(self, place):
        due = super()._is_due(place)
        if due:
            signal.raise_signal(signal.SIGTERM)
        return due

struck = Struck(load({"API_PORT": "0"}), 2, print)
"""


def run(rest: str, folder: Path) -> str:
    """Return what a parent in a process of its own says."""
    done = subprocess.run(
        [sys.executable, "-c", PARENT + rest],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_signal_just_before_a_fork_lets_nobody_start(tmp_path: Path) -> None:
    """The child would find closed what it inherits, and end with a traceback."""
    assert run("print(struck.keep())", tmp_path) == "None\n"


def test_who_was_reaped_just_now_is_not_missed(tmp_path: Path) -> None:
    """A second signal between a process's end and the note of it ends the rest."""
    reaped = """
place = struck._places[0]
place.pid = os.posix_spawn("/bin/true", ["true"], {})
os.waitpid(place.pid, 0)
struck._kill()
"""
    assert run(reaped, tmp_path) == ""


def test_a_signal_before_all_are_ready_is_no_news_of_readiness(tmp_path: Path) -> None:
    """Processes that were starting say that they serve; the port is closed by then."""
    late = """
struck._on_signal(signal.SIGTERM, None)
for number in range(2):
    os.write(struck._told[1], number.to_bytes(2))
struck._hear()
"""
    assert run(late, tmp_path) == ""
