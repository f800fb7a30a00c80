"""A store as 0.1.0 left it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from mainstay.stores.sqlite.migration import FOLDER

ALEMBICS = """
CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
"""


def released_store(path: Path) -> Path:
    """Make it, with no row; the statements are those that were released."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript((FOLDER / "0001_initial.sql").read_text("utf-8"))
        db.executescript(ALEMBICS)
    return path
