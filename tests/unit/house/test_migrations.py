"""Revisions: marked, in one order, and those marked pre only add."""

import hashlib
import io

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from tests.unit.house.migration_rules import faults

from mainstay.stores.migration.revision import Revision, load
from mainstay.stores.postgres import migration as on_postgres
from mainstay.stores.postgres import revisions as postgres
from mainstay.stores.sqlite import migration as on_sqlite
from mainstay.stores.sqlite import revisions as sqlite

ENGINES = {
    "sqlite": (on_sqlite.FOLDER, sqlite),
    "postgresql": (on_postgres.FOLDER, postgres),
}
RELEASED = {"0001_initial.sql": "9277586432fd010ea4fc01d9f991d862"}
"""What a release has run never changes: the beginning of its SHA-256."""

each_engine = pytest.mark.parametrize("engine", ENGINES)


def script_of(revision: Revision, engine: str) -> str:
    """Return every statement that a revision runs, however it is written."""
    out = io.StringIO()
    options = {"as_sql": True, "output_buffer": out}
    context = MigrationContext.configure(dialect_name=engine, opts=options)
    with Operations.context(context):
        revision.upgrade()
    return out.getvalue()


@each_engine
def test_every_revision_is_marked_and_follows_the_one_before(engine: str) -> None:
    """Numbers go up by one, each file begins with its own."""
    folder, _ = ENGINES[engine]
    known = load(folder)
    assert [r.number for r in known] == [f"{n:04}" for n in range(1, len(known) + 1)]
    assert {r.phase for r in known} <= {"pre", "post"}
    assert all(r.title for r in known)
    files = sorted(file.name for file in (folder / "versions").glob("*.py"))
    assert [name[:4] for name in files] == [r.number for r in known]


@each_engine
def test_the_start_knows_what_the_folder_holds(engine: str) -> None:
    """HEAD and NEEDS stand in the code, because the start does without Alembic."""
    folder, told = ENGINES[engine]
    known = load(folder)
    assert known[-1].number == told.HEAD
    assert max(r.number for r in known if r.phase == "pre") == told.NEEDS


@each_engine
def test_pre_only_adds(engine: str) -> None:
    """What the first made was new; each later pre revision keeps to the list."""
    later = [r for r in load(ENGINES[engine][0])[1:] if r.phase == "pre"]
    assert later
    for one in later:
        script = script_of(one, engine)
        assert faults(script, engine, transactional=one.transactional) == [], one


def test_what_was_released_is_as_it_was() -> None:
    """A store that has run it would differ from one that runs it now."""
    for name, digest in RELEASED.items():
        text = (on_sqlite.FOLDER / name).read_bytes()
        assert hashlib.sha256(text).hexdigest()[:32] == digest, name


@pytest.mark.parametrize(
    "script",
    [
        "DROP TABLE turns",
        "ALTER TABLE turns DROP COLUMN held_at_ms",
        "ALTER TABLE turns RENAME TO rounds",
        "ALTER TABLE turns RENAME COLUMN attempt TO tries",
        "ALTER TABLE turns ALTER COLUMN attempt TYPE bigint",
        "ALTER TABLE turns ALTER COLUMN usage SET NOT NULL",
        "ALTER TABLE turns ADD CONSTRAINT one UNIQUE (reply_seq)",
        "ALTER TABLE turns ADD COLUMN x text NOT NULL",
        "ALTER TABLE turns ADD COLUMN x text UNIQUE",
        "ALTER TABLE turns ADD COLUMN x text REFERENCES y",
        "ALTER TABLE turns ADD COLUMN x text NOT NULL DEFAULT gen_random_uuid()",
        "UPDATE turns SET attempt = 0",
        "DELETE FROM turns",
        "INSERT INTO turns SELECT 1",
        "CREATE UNIQUE INDEX x ON turns (reply_seq)",
        "CREATE TRIGGER x BEFORE INSERT ON turns EXECUTE FUNCTION y()",
        "CREATE TABLE a (n int);\nDROP TABLE turns",
    ],
)
@each_engine
def test_the_list_refuses(script: str, engine: str) -> None:
    """Whatever takes away, renames, asks, or changes rows that others write."""
    assert faults(script, engine)


@pytest.mark.parametrize(
    "script",
    [
        "CREATE INDEX x ON turns (reply_seq)",
        "CREATE INDEX CONCURRENTLY x ON turns (reply_seq)",
        "ALTER TABLE turns ADD COLUMN x text;\nALTER TABLE steps ADD COLUMN x text",
    ],
)
def test_the_list_refuses_what_makes_traffic_wait_on_postgresql(script: str) -> None:
    """A lock on writes, or on two tables at once."""
    assert faults(script, "postgresql")


def test_an_index_beside_traffic_can_be_made_again() -> None:
    """What a broken run left is dropped first, and nothing else runs there."""
    index = "CREATE INDEX CONCURRENTLY x ON turns (reply_seq)"
    for script in (index, f"DROP INDEX CONCURRENTLY IF EXISTS y;\n{index}", "SELECT 1"):
        assert faults(script, "postgresql", transactional=False)


@pytest.mark.parametrize(
    ("script", "transactional"),
    [
        ("ALTER TABLE turns ADD COLUMN x text", True),
        ("ALTER TABLE turns ADD COLUMN x integer NOT NULL DEFAULT 0", True),
        ("CREATE TABLE x (n int);\nCREATE UNIQUE INDEX y ON x (n)", True),
        ("CREATE TABLE x (n int);\nINSERT INTO x VALUES (1)", True),
        (
            "DROP INDEX CONCURRENTLY IF EXISTS x;\n"
            "CREATE INDEX CONCURRENTLY x ON turns (reply_seq)",
            False,
        ),
    ],
)
def test_the_list_has_what_is_needed(script: str, transactional: bool) -> None:
    """Columns that may stay empty, new tables, and indexes beside traffic."""
    assert faults(script, "postgresql", transactional=transactional) == []
