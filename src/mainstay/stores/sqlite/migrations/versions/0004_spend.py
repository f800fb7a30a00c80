"""What was spent is counted.

Revision ID: 0004
"""

from mainstay.stores.migration.script import run_script

revision = "0004"
down_revision = "0003"
phase = "pre"


def upgrade() -> None:
    """Add the sums; the statements are in the file of the same number."""
    run_script(__file__)
