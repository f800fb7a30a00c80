"""Brings the store's file to the schema this version needs."""

import fcntl
import sqlite3
from contextlib import closing
from pathlib import Path

from mainstay.domain.errors import MainstayError

HEAD = "0001"
"""The newest revision in ``migrations/versions``."""


def current(path: Path) -> str | None:
    """Return the file's revision, None when it has no schema yet.

    Raises:
        MainstayError: it is no database, or cannot be opened.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path)) as connection:
            query = "SELECT version_num FROM alembic_version"
            row = connection.execute(query).fetchone()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return None
        message = f"{path} cannot be used: {error}; move it away, or choose another"
        raise MainstayError(f"{message} with MAINSTAY_DATA or DATABASE_URL") from error
    return row[0] if row else None


def migrate(path: Path) -> tuple[str | None, str]:
    """Upgrade the file to HEAD; processes that start together take turns.

    Alembic is imported only when there is something to do: it costs as much time as
    the rest of the start.

    Returns:
        The revision before and after.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = current(path)
        if before != HEAD:
            _upgrade(path)
    return before, HEAD


def _upgrade(path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", "mainstay.stores.sqlite:migrations")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
