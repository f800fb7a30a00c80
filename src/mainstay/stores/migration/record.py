"""The record of what was applied: a table ``revisions`` in the store itself.

It says each revision's phase and release, so that a version can tell of revisions that
it does not know whether it may run beside them. Alembic's own table holds one number;
it stays as the first release left it, because that release runs on no other.
"""

from typing import TYPE_CHECKING, cast

from mainstay.domain.schema import Applied, Phase
from mainstay.domain.version import VERSION
from mainstay.stores.migration.check import FIRST
from mainstay.stores.migration.revision import Revision

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLE = """
CREATE TABLE IF NOT EXISTS revisions (
  number TEXT NOT NULL PRIMARY KEY,
  phase TEXT NOT NULL,
  version TEXT NOT NULL
)
"""
_INSERT = "INSERT INTO revisions (number, phase, version) VALUES (:n, :phase, :version)"


def applied(connection: "Connection") -> list[Applied]:
    """Return what the store has, oldest first; makes the record if there is none."""
    from sqlalchemy import inspect

    names = inspect(connection).get_table_names()
    if "revisions" not in names:
        connection.exec_driver_sql(_TABLE)
        if FIRST.number in _alembics(connection, names):
            _insert(connection, FIRST)
    query = "SELECT number, phase, version FROM revisions ORDER BY number"
    rows = connection.exec_driver_sql(query).fetchall()
    return [Applied(row[0], cast("Phase", row[1]), row[2]) for row in rows]


def record(connection: "Connection", revision: Revision) -> None:
    """Note, in the transaction that ran it, that a revision is there."""
    _insert(connection, Applied(revision.number, revision.phase, VERSION))


def _alembics(connection: "Connection", names: list[str]) -> list[str]:
    """Return what Alembic's own table says."""
    if "alembic_version" not in names:
        return []
    query = "SELECT version_num FROM alembic_version"
    return [row[0] for row in connection.exec_driver_sql(query)]


def _insert(connection: "Connection", one: Applied) -> None:
    from sqlalchemy import text

    row = {"n": one.number, "phase": one.phase, "version": one.version}
    connection.execute(text(_INSERT), row)
