"""Alerts are watched.

Revision ID: 0008
"""

from mainstay.stores.migration.script import run_script

revision = "0008"
down_revision = "0007"
phase = "pre"


def upgrade() -> None:
    """Add their tables; the statements are in the file of the same number."""
    run_script(__file__)
