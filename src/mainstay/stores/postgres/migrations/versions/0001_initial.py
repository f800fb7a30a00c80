"""The first schema, and the functions of its version.

Revision ID: 0001
"""

from importlib.resources import files

from alembic import op

from mainstay.stores.postgres.functions import create_functions

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table; the statements are in the file of the same number."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL search_path TO mainstay")
    script = files("mainstay.stores.postgres.migrations").joinpath("0001_initial.sql")
    for statement in script.read_text("utf-8").split(";\n"):
        if statement.strip():
            run(statement)
    create_functions(run, "mainstay_0001")
