"""Brings the store's file to the schema this version needs."""

import fcntl
import sqlite3
from pathlib import Path

HEAD = "0001"
"""The newest revision in ``migrations/versions``."""


def current(path: Path) -> str | None:
    """Return the file's revision, None when it has no schema yet."""
    if not path.exists():
        return None
    connection = sqlite3.connect(path)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return None
    finally:
        connection.close()
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
