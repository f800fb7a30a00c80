"""Earlier answers can end and be removed.

Revision ID: 0003
"""

from mainstay.stores.migration.script import run_script

revision = "0003"
down_revision = "0002"
phase = "pre"


def upgrade() -> None:
    """Add the columns; the statements are in the file of the same number."""
    run_script(__file__)
