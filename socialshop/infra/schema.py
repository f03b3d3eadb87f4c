"""The schema's version: bring it to head, or say how far off it is."""

from __future__ import annotations

from functools import lru_cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import upgrade

from socialshop.infra.db import db
from socialshop.infra.servers import StartupError


class SchemaNewer(StartupError):
    """A newer program has migrated this database: run that one."""


def migrate(app: Flask) -> None:
    """Migrate the app's database to head. Safe to run twice and at once: one waits, then finds it done."""
    with app.app_context():
        upgrade()


def pending() -> list[str]:
    """Revisions not yet applied, oldest first; needs an app context. Empty means that the schema is at head.

    Raises SchemaNewer where the database is at a revision that this program does not know.
    """
    known = _revisions(current_app.extensions["migrate"].directory)
    with db.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    if at is None:
        return list(known)
    if at not in known:
        raise SchemaNewer(f"the schema is newer than this program: it is at {at}, this program ends at {known[-1]}")
    return list(known[known.index(at) + 1 :])


@lru_cache(maxsize=1)
def _revisions(directory: str) -> tuple[str, ...]:
    """All revisions, oldest first. Kept: it loads every file, and those do not change under a running program."""
    return tuple(script.revision for script in ScriptDirectory(directory).walk_revisions())[::-1]
