"""A revision's SQL, in the file of its name beside ``versions``."""

from pathlib import Path


def run_script(revision_file: str) -> None:
    """Run ``migrations/NAME.sql`` for ``migrations/versions/NAME.py``.

    Args:
        revision_file: the revision's ``__file__``.
    """
    from alembic import op

    file = Path(revision_file)
    script = file.parent.parent / f"{file.stem}.sql"
    for statement in script.read_text("utf-8").split(";\n"):
        if statement.strip():
            op.execute(statement)
