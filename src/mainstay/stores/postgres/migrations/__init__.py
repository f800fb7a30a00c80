"""Alembic revisions of the PostgreSQL store."""
