"""Turns tell up to which attempt they are counted.

Revision ID: 0005
"""

from mainstay.stores.migration.script import run_script

revision = "0005"
down_revision = "0004"
phase = "pre"


def upgrade() -> None:
    """Add the column; the statement is in the file of the same number."""
    run_script(__file__)
