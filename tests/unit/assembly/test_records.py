"""Records are not lost, whether the store takes them or not."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.unit.checklist.well import private_key
from tests.unit.drills.test_report import outcome

from mainstay.assembly import drill
from mainstay.assembly.drill import Load, Played, Player, play
from mainstay.assembly.engines import migrate, open_store
from mainstay.checklist.seal import Seal
from mainstay.drills.outcome import Outcome
from mainstay.drills.plan import plans
from mainstay.drills.play import Times
from mainstay.settings import Settings, load


async def settings_in(folder: Path) -> Settings:
    """Return the settings of a store that was made there."""
    env = {"ANTHROPIC_API_KEY": "k", "DB_TIMEOUT": "0.1", "MAINSTAY_DATA": str(folder)}
    settings = load(env)
    await migrate(settings, ("pre", "post"), lambda _: None)
    return settings


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Let nobody write to a file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


async def played(
    settings: Settings, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> Played:
    """Return what is kept of a drill that went well."""

    async def at_once(_: Player) -> Outcome:
        return outcome()

    monkeypatch.setattr(drill.Player, "play", at_once)
    times = Times(before_s=1, during_s=1, after_s=1)
    return await play(settings, plans()[0], times, seal, Load(), lambda _: None)


async def test_the_store_has_a_record_that_the_audit_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opens with the key that signed it."""
    settings, seal = await settings_in(tmp_path), Seal(private_key())
    found = (await played(settings, seal, monkeypatch)).kept
    assert found.stored
    assert seal.opened(found.record.text)["name"] == "claude-outage"
    async with open_store(settings) as store:
        assert await store.records.newest("drill", 9) == [found.record]
        assert (await store.audit.verify()).entries == 1


async def test_a_drill_is_told_of_when_the_store_cannot_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it found is all the more to be read."""
    settings, seal = await settings_in(tmp_path), Seal(private_key())
    with locked(settings.database_path):
        found = await played(settings, seal, monkeypatch)
    assert found.outcome == outcome()
    assert not found.kept.stored
    assert seal.opened(found.kept.record.text)["passed"] is True
