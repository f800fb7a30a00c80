"""The first schema.

Revision ID: 0001
"""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table; the statements are in the file of the same number."""
    script = files("mainstay.stores.sqlite.migrations").joinpath("0001_initial.sql")
    for statement in script.read_text("utf-8").split(";\n"):
        if statement.strip():
            op.execute(statement)
