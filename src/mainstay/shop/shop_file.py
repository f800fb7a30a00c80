"""Opens the shop's SQLite file, and makes it when there is none."""

import contextlib
import os
import sqlite3
from dataclasses import asdict
from importlib import resources
from pathlib import Path

from mainstay.shop import statements
from mainstay.shop.samples import FOR_EVERYONE, OF_ONE

_BUSY_TIMEOUT_MS = 5000


def open_shop(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the file; a missing one is made with its sample orders.

    synchronous=FULL makes every refund survive a power cut
    (https://www.sqlite.org/pragma.html#pragma_synchronous).

    Raises:
        OSError, sqlite3.Error: the file cannot be made or opened.
    """
    if not path.exists():
        _create(path)
    connection = _connect(path)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _create(path: Path) -> None:
    """Make the file whole or not at all, also when two processes try at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    connection = _connect(draft)
    try:
        _fill(connection)
    finally:
        connection.close()
    with contextlib.suppress(FileExistsError):  # the other process was first
        os.link(draft, path)
    draft.unlink()


def _fill(connection: sqlite3.Connection) -> None:
    schema = resources.files("mainstay.shop").joinpath("schema.sql")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN;{schema.read_text('utf-8')}")
    for customer_id, orders in {"": FOR_EVERYONE, **OF_ONE}.items():
        for order in orders:
            row = {"customer_id": customer_id, **asdict(order)}
            connection.execute(statements.GIVE, row)
    connection.execute("COMMIT")
