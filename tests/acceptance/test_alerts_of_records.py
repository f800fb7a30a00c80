"""An audit log that was changed: Prometheus sees it, and Alertmanager tells."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.acceptance.server import StandIn, serving
from tests.acceptance.watched import Watch

pytestmark = pytest.mark.long

NAME = "MainstayAuditChainBroken"


def rename(file: Path, old: str, new: str) -> int:
    """Change who did the first thing in the audit log; return how many rows."""
    with closing(sqlite3.connect(file)) as store, store:
        change = "UPDATE audit SET actor = ? WHERE n = 1 AND actor = ?"
        return store.execute(change, (new, old)).rowcount


def test_a_changed_record_is_told_until_it_is_put_back(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """Somebody with access to the file changes a name; later it is as it was."""
    folder = tmp_path / "data"
    with serving(folder, stand_in.address) as server:
        server.ask("Hello, who are you?")
        assert server.stop() == 0
    file = folder / "mainstay.db"
    with closing(sqlite3.connect(file)) as store:
        (actor,) = store.execute("SELECT actor FROM audit WHERE n = 1").fetchone()
    assert rename(file, actor, "nobody") == 1
    with serving(folder, stand_in.address) as server:
        watch.scrape(server)
        watch.pager.wait("firing", NAME)
        assert watch.told(NAME)["labels"]["severity"] == "page"
        assert server.stop() == 0
    assert rename(file, "nobody", actor) == 1
    with serving(folder, stand_in.address) as server:
        watch.scrape(server)
        watch.pager.wait("resolved", NAME)
        assert server.stop() == 0
