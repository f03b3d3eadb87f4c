"""The schema's version: bring it to head, or say how far off it is.

Alembic is imported late: few processes of a shop look at the schema.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Flask

from socialshop.infra.db import db
from socialshop.infra.servers import StartupError

_MIGRATIONS = str(Path(__file__).resolve().parents[2] / "migrations")


class SchemaNewer(StartupError):
    """A newer program has migrated this database: run that one."""


def migrate(app: Flask) -> None:
    """Migrate the app's database to head. Safe to run twice and at once: one waits, then finds it done."""
    from flask_migrate import Migrate, upgrade

    Migrate(app, db, directory=_MIGRATIONS)
    with app.app_context():
        upgrade()


def pending() -> list[str]:
    """Revisions not yet applied, oldest first; needs an app context. Empty means that the schema is at head.

    Raises SchemaNewer where the database is at a revision that this program does not know.
    """
    from alembic.runtime.migration import MigrationContext

    known = _revisions()
    with db.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    if at is None:
        return list(known)
    if at not in known:
        raise SchemaNewer(f"the schema is newer than this program: it is at {at}, this program ends at {known[-1]}")
    return list(known[known.index(at) + 1 :])


@lru_cache(maxsize=1)
def _revisions() -> tuple[str, ...]:
    """All revisions, oldest first. Kept: it loads every file, and those do not change under a running program."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory(_MIGRATIONS).walk_revisions())[::-1]
