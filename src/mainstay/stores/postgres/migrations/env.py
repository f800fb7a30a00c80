"""Alembic's entry: runs the versions on the connection that ``schema`` opened."""

from alembic import context

connection = context.config.attributes["connection"]
connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS mainstay")
context.configure(
    connection=connection, transactional_ddl=True, version_table_schema="mainstay"
)
with context.begin_transaction():
    context.run_migrations()
