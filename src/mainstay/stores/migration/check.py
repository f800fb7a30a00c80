"""Whether this version can run on a schema; asked at each start, so without Alembic."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mainstay.domain.errors import MainstayError
from mainstay.domain.schema import Applied, Process

FIRST = Applied("0001", "pre", "0.1.0")
"""What a store has that was made before revisions were recorded."""


def newest(applied: Sequence[Applied]) -> str | None:
    """Return the number of the newest revision, None without any."""
    return max((one.number for one in applied), default=None)


def check(applied: Sequence[Applied], *, needs: str, head: str) -> None:
    """Return if this version can run on the schema.

    Newer pre revisions do not matter: they only added.

    Args:
        applied: what the store has.
        needs: the newest pre revision that this version knows.
        head: the newest revision that it knows.

    Raises:
        MainstayError: a revision is missing, or one took away what this version uses.
    """
    found = newest(applied)
    if found is None or needs not in {one.number for one in applied}:
        way = "mainstay migrate" if found is None else "mainstay migrate --phase pre"
        told = "no schema" if found is None else f"schema {found}"
        message = f"the store has {told}, this version needs {needs}; run: {way}"
        raise MainstayError(message)
    for one in applied:
        if one.phase == "post" and one.number > head:
            raise MainstayError(
                f"version {one.version} has ended the time of this one on this store "
                f"(schema {one.number}); start version {one.version} or newer"
            )


def process_of(row: Mapping[str, Any]) -> Process:
    """Read a row of ``processes``; the first release wrote no version."""
    return Process(
        row["owner"],
        row["role"],
        row.get("version") or FIRST.version,
        row.get("head") or FIRST.number,
        row.get("functions") or "",
    )


def of_before(processes: Iterable[Process], number: str) -> list[Process]:
    """Return those that do not know a revision."""
    return [process for process in processes if process.head < number]
