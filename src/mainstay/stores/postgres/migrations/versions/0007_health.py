"""Findings are shared, and hours compared with past weeks.

Revision ID: 0007
"""

from mainstay.stores.migration.script import run_script

revision = "0007"
down_revision = "0006"
phase = "pre"


def upgrade() -> None:
    """Add the tables; the statements are in the file of the same number."""
    run_script(__file__)
