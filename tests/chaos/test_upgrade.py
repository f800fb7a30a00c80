"""An upgrade with traffic on: pre, new processes beside the old, drain, post."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import Server, serving
from tests.chaos.earlier import FIRST_POSTGRES, RELEASED, code_of
from tests.chaos.lives import rows
from tests.chaos.traffic import Traffic

from mainstay.stores.sqlite.revisions import HEAD
from mainstay.testing.servers.postgres import PostgresServer

BEFORE = 300
"""Conversations that the store has when the upgrade begins."""

PENDING = [f"{n:04}" for n in range(2, int(HEAD) + 1)]

OPEN = "SELECT count(*) FROM turns WHERE state <> 'answered'"
ANSWERED = "SELECT count(*) FROM turns WHERE state = 'answered'"


@dataclass(frozen=True)
class Site:
    """One store, and the versions that run on it.

    Args:
        folder: data, and the working directory of commands.
        old: PYTHONPATH of the version before.
        settings: which store.
        count: runs a query that counts.
    """

    folder: Path
    old: str
    settings: Mapping[str, str]
    count: Callable[[str], int]

    def migrate(self, *words: str, code: int = 0) -> tuple[Any, str]:
        """Run today's ``mainstay migrate --json``; return its answer and its errors."""
        command = [sys.executable, "-m", "mainstay", "migrate", "--json", *words]
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH")}
        env = {**kept, "MAINSTAY_DATA": str(self.folder), **self.settings}
        done = subprocess.run(
            command, env=env, check=False, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout), done.stderr

    def all_answered(self, accepted: int) -> None:
        """Return when every accepted message has its reply."""
        until = time.monotonic() + 30
        while self.count(ANSWERED) < accepted:
            assert time.monotonic() < until, f"{self.count(OPEN)} turns are open"
            time.sleep(0.1)


@pytest.mark.timeout(300)
def test_from_the_released_version_on_sqlite(
    tmp_path: Path, model_address: str
) -> None:
    """0.1.0 serves while ``pre`` runs, restarts after it, and drains; then ``post``."""
    store = tmp_path / "data" / "mainstay.db"
    site = Site(
        tmp_path / "data",
        code_of(RELEASED, tmp_path / "old"),
        {},
        lambda query: rows(store, query)[0][0],
    )
    done = _upgraded(site, model_address)
    assert [line.split()[0] for line in done] == PENDING


@pytest.mark.timeout(300)
def test_from_the_first_schema_on_postgresql(
    tmp_path: Path, model_address: str
) -> None:
    """The same beside functions of both versions; ``post`` drops the old ones."""
    server = PostgresServer(tmp_path)
    server.start()
    try:
        url = server.create("upgraded")
        site = Site(
            tmp_path / "data",
            code_of(FIRST_POSTGRES, tmp_path / "old"),
            # The old version imports the SDK beside its first turns: on a busy machine
            # that alone took longer than the default of 5 s.
            {"DB_TYPE": "postgres", "DATABASE_URL": url, "DB_TIMEOUT": "20"},
            lambda query: int(
                server.sql(f"SET search_path = mainstay; {query}", "upgraded")
            ),
        )
        done = _upgraded(site, model_address)
        assert [line.split()[0] for line in done] == [
            *PENDING,
            "functions",
            "functions",
        ]
        assert done[-1] == "functions mainstay_0001 dropped"
    finally:
        server.stop()


def _upgraded(site: Site, model: str) -> list[str]:
    """Take a site from its old version to today's; return what the phases did."""
    with serving(site.folder, model, **site.settings, PYTHONPATH=site.old) as old:
        traffic = Traffic([old.address], writers=8)
        traffic.each_once(BEFORE)
        traffic.start()
        try:
            first = _pre(site, traffic)
            _old_one_starts(site, model, traffic)
            with serving(site.folder, model, **site.settings) as new:
                last = _rolled(site, old, new, traffic)
                traffic.stop()
                site.all_answered(traffic.accepted)
        finally:
            traffic.stop()
    assert traffic.faults == []
    assert traffic.accepted > BEFORE
    print(f"{traffic.accepted} messages accepted and answered")
    return [*first, *last]


def _pre(site: Site, traffic: Traffic) -> list[str]:
    status, _ = site.migrate("--status")
    assert status["current"] == "0001"
    assert status["pending"]["pre"]
    assert [one["version"] for one in status["old_processes"]] == ["0.1.0"]
    traffic.rounds(5)
    done, _ = site.migrate("--phase", "pre")
    assert (done["from"], done["to"]) == ("0001", HEAD)
    traffic.rounds(5)
    return done["done"]


def _old_one_starts(site: Site, model: str, traffic: Traffic) -> None:
    """A process of the old version may still start: after a crash, or to roll back."""
    with serving(site.folder, model, **site.settings, PYTHONPATH=site.old) as again:
        assert again.ask("Where is order 1042?")["fallback_level"] == 0
        assert again.stop() == 0
    traffic.rounds(2)


def _rolled(site: Site, old: Server, new: Server, traffic: Traffic) -> list[str]:
    traffic.go_to(old.address, new.address)
    traffic.rounds(5)
    refused, told = site.migrate("--phase", "post", code=1)
    [process] = refused["waits_for"]
    assert process["owner"] in told
    assert "post waits for a process of another version" in told
    traffic.go_to(new.address)
    assert old.stop() == 0
    traffic.rounds(5)
    done, _ = site.migrate("--phase", "post")
    traffic.rounds(5)
    status, _ = site.migrate("--status")
    assert status["pending"] == {"pre": [], "post": []}
    assert status["old_processes"] == []
    return done["done"]
