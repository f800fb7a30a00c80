"""Revisions: Alembic's files, each marked with its phase, and the order they run in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from mainstay.domain.errors import MainstayError
from mainstay.domain.schema import Applied, Phase

if TYPE_CHECKING:
    from alembic.script import Script
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Revision:
    """One file of ``migrations/versions``.

    Args:
        number: its four digits.
        phase: its mark.
        title: the first line of its docstring, without the full stop.
        transactional: False for what refuses to run in a transaction; it must be able
            to run again from any point at which it broke.
        upgrade: runs it.
    """

    number: str
    phase: Phase
    title: str
    transactional: bool
    upgrade: Callable[[], None]

    @override
    def __str__(self) -> str:
        """Return its number and title."""
        return f"{self.number} {self.title}"


def load(folder: Path) -> list[Revision]:
    """Return the revisions of a ``migrations`` folder, oldest first."""
    from alembic.script import ScriptDirectory

    newest_first = ScriptDirectory(str(folder)).walk_revisions()
    return [_revision(script) for script in newest_first][::-1]


def pending(known: Sequence[Revision], applied: Iterable[Applied]) -> list[Revision]:
    """Return what a store lacks, in order."""
    there = {one.number for one in applied}
    return [revision for revision in known if revision.number not in there]


def split(lacking: Sequence[Revision]) -> tuple[list[Revision], list[Revision]]:
    """Return what ``pre`` and what ``post`` run of the revisions that a store lacks.

    ``pre`` runs up to the last pre revision, ``post`` what is left. A post revision
    before the last pre one was left over by an earlier release.
    """
    last = max((n for n, r in enumerate(lacking) if r.phase == "pre"), default=-1)
    return list(lacking[: last + 1]), list(lacking[last + 1 :])


def due(
    phase: Phase, known: Sequence[Revision], applied: Sequence[Applied]
) -> list[Revision]:
    """Return what a phase has to run on a store.

    Raises:
        MainstayError: ``post`` is too early, or another version's to run.
    """
    pre, post = split(pending(known, applied))
    if phase == "pre":
        return pre
    if pre:
        first = f"{pre[-1].number} comes first"
        raise MainstayError(f"{first}; run: mainstay migrate --phase pre")
    newer = [one for one in applied if one.number > known[-1].number]
    if newer:
        raise MainstayError(
            f"the store has schema {newer[-1].number} of version {newer[-1].version}; "
            "post is for that version to run"
        )
    return post


def upgrade(connection: "Connection", revision: Revision) -> None:
    """Run a revision's statements in whatever transaction is open."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with Operations.context(MigrationContext.configure(connection)):
        revision.upgrade()


def _revision(script: "Script") -> Revision:
    module = script.module
    return Revision(
        script.revision,
        cast("Phase", module.phase),
        script.doc.rstrip("."),
        getattr(module, "transactional", True),
        module.upgrade,
    )
