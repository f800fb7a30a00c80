"""A disk that is full: clear answers, nothing lost that was accepted."""

import resource
import time
from pathlib import Path

from tests.acceptance.server import Server
from tests.chaos.lives import rows

NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def test_what_was_accepted_survives_a_full_disk(server: Server) -> None:
    """503 while there is no room; every 202 before and after it is answered."""
    talk = server.open()
    path = f"/v1/conversations/{talk}/messages"
    assert server.call("POST", path, {"text": "Hello"})[0] == 202
    biggest = max(f.stat().st_size for f in Path(server.folder).glob("mainstay.db*"))
    room = (biggest + 60_000, resource.RLIM_INFINITY)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, room)
    accepted, refused = 1, None
    for _ in range(40):
        status, body, headers = server.call("POST", path, {"text": "x" * 9_000})
        if status == 503:
            refused = (body, headers)
            break
        assert status == 202, body
        accepted += 1
    assert refused is not None, "the disk never filled"
    assert int(refused[1]["retry-after"]) > 0
    assert refused[0]["status"] == 503
    assert server.call("GET", path)[0] == 200
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
    until = time.monotonic() + 20
    while server.call("POST", path, {"text": "Still there?"})[0] != 202:
        assert time.monotonic() < until, "it does not heal"
    accepted += 1
    open_turns = "SELECT count(*) FROM turns WHERE state IN ('pending', 'running')"
    while rows(server.folder / "mainstay.db", open_turns) != [(0,)]:
        assert time.monotonic() < until, "not all were answered"
    asked = "SELECT count(*) FROM messages WHERE role = 'customer'"
    assert rows(server.folder / "mainstay.db", asked) == [(accepted,)]
    assert rows(server.folder / "mainstay.db", "PRAGMA integrity_check") == [("ok",)]
