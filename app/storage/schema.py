"""Bring a database to the schema of this build, or back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.domain.errors import NotFound
from app.storage.database import Database

FOLDER = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def upgrade(database: Database, *, revision: str = "head") -> None:
    """
    Run the migrations that the database does not have yet; doing it twice changes nothing.

    :raises NotFound: there is no such revision
    """
    _migrate(database, command.upgrade, revision)


def downgrade(database: Database, *, revision: str = "base") -> None:
    """
    Take migrations back down to the revision.

    :raises NotFound: there is no such revision
    """
    _migrate(database, command.downgrade, revision)


def _migrate(database: Database, migrate: Callable[[Config, str], None], revision: str) -> None:
    try:
        with database.engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            migrate(config, revision)
    except CommandError as error:
        raise NotFound("revision", revision) from error


def current_revision(database: Database) -> str | None:
    """Return the revision that the database is at, or None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """Return the revision of this build."""
    return ScriptDirectory.from_config(_config()).get_current_head()
