"""The first schema.

Revision ID: 0001
"""

from alembic import op

from mainstay.stores.migration.script import run_script

revision = "0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    """Create every table; the statements are in the file of the same number."""
    run_script(__file__)
    # The first release looks here, and runs on this number only.
    op.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
    op.execute("INSERT INTO alembic_version VALUES ('0001')")
