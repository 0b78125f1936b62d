"""Alembic's entry point: runs on the connection handed over by `brains.migrations.upgrade`."""

from alembic import context

from brains.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
