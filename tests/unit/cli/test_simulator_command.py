"""``mainstay simulator`` as a process."""

import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import mainstay


def test_it_says_where_it_is_and_stops_on_sigterm(tmp_path: Path) -> None:
    """The first line ends with the address; SIGTERM ends it with exit 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mainstay", "simulator", "--port", "0"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(mainstay.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().rstrip("\n")
        address = line.removeprefix("mainstay simulator ready at ")
        with urlopen(f"{address}/calls", timeout=10) as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
