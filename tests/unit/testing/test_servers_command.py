"""``python -m mainstay.testing.servers``: real engines for who has no docker."""

import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mainstay.domain.errors import MainstayError
from mainstay.testing.servers.engines import serving
from mainstay.testing.servers.server import accepts

COMMAND = [sys.executable, "-m", "mainstay.testing.servers"]


def test_it_prints_the_settings_and_ends_its_servers():
    """What is printed leads to a server that answers, until the command is ended."""
    with subprocess.Popen(
        [*COMMAND, "redis"], stdout=subprocess.PIPE, text=True
    ) as ran:
        assert ran.stdout is not None
        exported, ready = ran.stdout.readline(), ran.stdout.readline()
        name, _, url = exported.removeprefix("export ").strip().partition("=")
        port = urlsplit(url).port or 0
        assert (name, accepts(port)) == ("REDIS_URL", True)
        assert "ready" in ready
        ran.send_signal(signal.SIGTERM)
        assert ran.wait(20) == 0
    assert not accepts(port)


def test_an_unknown_name_is_refused():
    """The names that there are stand in the error."""
    ran = subprocess.run(
        [*COMMAND, "oracle"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "'postgres'" in ran.stderr


def test_two_brokers_are_refused(tmp_path: Path):
    """There is one QUEUE_URL: nothing is started, one line tells which to choose."""
    told = "QUEUE_URL names one broker; choose one of kafka, sqs"
    with (
        pytest.raises(MainstayError, match=told),
        serving(["kafka", "redis", "sqs"], tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
