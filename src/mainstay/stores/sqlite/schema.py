"""Brings the store's file to the schema this version needs."""

from collections.abc import Sequence
from pathlib import Path

from mainstay.domain.schema import BOTH, Migrated, Phase
from mainstay.stores.sqlite.revisions import HEAD, NEEDS, applied, ensure

__all__ = ["HEAD", "migrate", "prepare"]


def prepare(path: Path) -> None:
    """Make a new file's schema, or add to an old one's what this version needs.

    Alembic is imported only when there is something to do: it costs as much time as
    the rest of the start.

    Raises:
        MainstayError: it cannot be used, or is of a version that ended this one's time.
    """
    found = applied(path)
    if not found:
        migrate(path)
    elif NEEDS not in {one.number for one in found}:
        migrate(path, ("pre",))
    ensure(path)


def migrate(path: Path, phases: Sequence[Phase] = BOTH) -> Migrated:
    """Upgrade the file; every process that is enlisted there counts as alive.

    Raises:
        OldProcesses: a revision must wait for them.
        MainstayError: it cannot be used.
    """
    from mainstay.stores.sqlite.migration import Migration

    return Migration(path).run(phases)
