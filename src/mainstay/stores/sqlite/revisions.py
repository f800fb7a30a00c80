"""What the file says of its schema, and whether this version can run on it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import cast

from mainstay.domain.errors import MainstayError
from mainstay.domain.schema import Applied, Phase
from mainstay.stores.migration import check as rules
from mainstay.stores.migration.check import FIRST

HEAD = "0009"
"""The newest revision in ``migrations/versions``."""

NEEDS = "0009"
"""The newest of them that is marked ``pre``."""


def applied(path: Path) -> list[Applied]:
    """Return the file's revisions, none when it has no schema yet.

    Raises:
        MainstayError: it is no database, or cannot be opened.
    """
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path)) as connection:
            return recorded(connection)
    except sqlite3.Error as error:
        message = f"{path} cannot be used: {error}; move it away, or choose another"
        raise MainstayError(f"{message} with MAINSTAY_DATA or DATABASE_URL") from error


def recorded(connection: sqlite3.Connection) -> list[Applied]:
    """Return what an open file says of its revisions."""
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if "revisions" in names:
        rows = connection.execute("SELECT number, phase, version FROM revisions")
        return [Applied(row[0], cast("Phase", row[1]), row[2]) for row in rows]
    if "alembic_version" not in names:
        return []
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return [FIRST] if found else []


def ensure(path: Path) -> None:
    """Return if the file has what this version needs.

    Raises:
        MainstayError: it has not, or is of a version that ended this one's time.
    """
    check(applied(path))


def check(found: Sequence[Applied]) -> None:
    """Do the same for what a file was seen to have."""
    rules.check(found, needs=NEEDS, head=HEAD)
