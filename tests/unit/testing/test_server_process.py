"""A server lives as long as the process that started it, whichever thread did."""

import os
import select
import threading
from pathlib import Path

import pytest

from mainstay.testing.servers.server import ServerProcess

ENDS_WITHIN_S = 1.0
"""A server that is told to end with its thread is gone in milliseconds."""


def test_a_server_outlives_the_thread_that_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Test modules share servers; the thread of the first to ask ends with its loop."""
    # It is none of the backends that the run's last line names.
    monkeypatch.setattr(ServerProcess, "served", set[str]())
    command = ["sleep", "60"]
    server = ServerProcess("sleep", command, ready=lambda: True, log=tmp_path / "log")
    starting = threading.Thread(target=server.start)
    starting.start()
    starting.join()
    ended = os.pidfd_open(server.pid)
    try:
        assert not select.select([ended], [], [], ENDS_WITHIN_S)[0], "it is gone"
    finally:
        os.close(ended)
        server.kill()
