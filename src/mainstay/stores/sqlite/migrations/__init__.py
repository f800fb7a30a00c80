"""Alembic migrations of the SQLite store; run by ``schema.migrate``."""
