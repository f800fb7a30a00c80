"""Processes tell their version, functions come in sets.

Revision ID: 0002
"""

from mainstay.stores.migration.script import run_script

revision = "0002"
down_revision = "0001"
phase = "pre"


def upgrade() -> None:
    """Add them; the statements are in the file of the same number."""
    run_script(__file__)
