"""Brings a database to the newest schema. Run by `Database.open`, never by hand.

A change of `brains.tables` needs a new file in `versions/`; a test compares
what the migrations build with the tables. No file is changed once released.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from brains.errors import StorageError

FOLDER = Path(__file__).parent


def upgrade(connection: sa.Connection) -> None:
    """Migrates inside the connection's own transaction, which the caller commits.

    Raises `StorageError` where a newer program made the database.
    """
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return
    if current is not None and current not in {step.revision for step in script.walk_revisions()}:
        raise StorageError(
            f"A newer Samsvar made this database (schema {current}). "
            "Upgrade Samsvar, or open a backup made with this version."
        )
    command.upgrade(config, "head")
