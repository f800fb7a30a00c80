"""The functions that do the store's work inside PostgreSQL: a set, in its own schema.

The set is named for what is in it, so that each version of the code runs on exactly its
own functions, whatever other versions run beside it on the same tables.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: \w+$", re.MULTILINE)
FILES = (
    *("run", "owner", "answers", "knowledge", "inbox", "leases", "journal", "spend"),
    *("desk", "watch"),
)


@cache
def set_name() -> str:
    """Return the schema of this version's functions."""
    digest = hashlib.sha256("\0".join(_texts()).encode()).hexdigest()
    return f"mainstay_{digest[:12]}"


def create_functions(run: Callable[[str], object], schema: str) -> None:
    """Create a schema with this version's functions; tables are found in ``mainstay``.

    Args:
        run: runs a statement, all in one transaction.
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
    for text in _texts():
        for statement in _NAME.split(text)[1:]:
            yield statement.strip().rstrip(";")


def _texts() -> Iterator[str]:
    folder = files("mainstay.stores.postgres.functions")
    for name in FILES:
        yield folder.joinpath(f"{name}.sql").read_text("utf-8")
