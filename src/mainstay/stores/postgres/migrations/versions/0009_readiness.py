"""Drills can be given and checks recorded.

Revision ID: 0009
"""

from mainstay.stores.migration.script import run_script

revision = "0009"
down_revision = "0008"
phase = "pre"


def upgrade() -> None:
    """Add three tables; the statements are in the file of the same number."""
    run_script(__file__)
