"""The functions that do the store's work inside PostgreSQL, one schema a version."""

import re
from collections.abc import Callable, Iterator
from importlib.resources import files

_NAME = re.compile(r"^-- name: \w+$", re.MULTILINE)
FILES = ("run", "owner", "knowledge", "inbox", "leases", "journal", "desk", "watch")


def create_functions(run: Callable[[str], object], schema: str) -> None:
    """Create a schema with this version's functions; tables are found in ``mainstay``.

    Args:
        run: runs a statement, within the migration's transaction.
        schema: its name; it must not exist.
    """
    run(f"CREATE SCHEMA {schema}")
    run(f"SET LOCAL search_path TO {schema}, mainstay")
    # Bodies may name functions that come later in the files.
    run("SET LOCAL check_function_bodies TO off")
    for statement in _statements():
        run(statement)


def _statements() -> Iterator[str]:
    """Return each function's statement with the sentence above it."""
    folder = files("mainstay.stores.postgres.functions")
    for name in FILES:
        text = folder.joinpath(f"{name}.sql").read_text("utf-8")
        for statement in _NAME.split(text)[1:]:
            yield statement.strip().rstrip(";")
