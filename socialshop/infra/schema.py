"""The schema's version: bring it to head, or say how far off it is."""

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import upgrade

from socialshop.infra.db import db


def migrate(app: Flask) -> None:
    """Migrate the app's database to head. Safe to run twice and at once: one waits, then finds it done."""
    with app.app_context():
        upgrade()


def pending() -> list[str]:
    """Revisions not yet applied, oldest first; needs an app context. Empty means that the schema is at head."""
    directory = ScriptDirectory(current_app.extensions["migrate"].directory)
    with db.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return [script.revision for script in reversed(list(directory.iterate_revisions("heads", at or "base")))]
