"""The first schema.

Revision ID: 0001
"""

from mainstay.stores.migration.script import run_script

revision = "0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    """Create every table; the statements are in the file of the same number."""
    run_script(__file__)
