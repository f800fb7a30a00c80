"""Revisions of releases to come."""

import shutil
from pathlib import Path

REVISION = '''"""{phase} of {number}.

Revision ID: {number}
"""

from alembic import op

revision = "{number}"
down_revision = "{before}"
phase = "{phase}"
transactional = {transactional}


def upgrade() -> None:
    for statement in {statements}:
        op.execute(statement)
'''


class Later:
    """A copy of the real revisions, and what comes after them.

    Args:
        real: the ``migrations`` folder of an engine.
        head: its newest revision.
        folder: for the copy.
    """

    def __init__(self, real: Path, head: str, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(real, folder)
        self._last = head

    def add(self, phase: str, *statements: str, transactional: bool = True) -> str:
        """Add one and return its number."""
        before, self._last = self._last, f"{int(self._last) + 1:04}"
        text = REVISION.format(
            number=self._last,
            before=before,
            phase=phase,
            transactional=transactional,
            statements=list(statements),
        )
        (self.folder / "versions" / f"{self._last}_later.py").write_text(text)
        return self._last
