"""A turn keeps its place in a trace.

Revision ID: 0006
"""

from mainstay.stores.migration.script import run_script

revision = "0006"
down_revision = "0005"
phase = "pre"


def upgrade() -> None:
    """Add the column; the statement is in the file of the same number."""
    run_script(__file__)
