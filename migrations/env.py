"""Alembic's entry: migrates as the connecting (owning) user, one migrator at a time."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import NullPool, create_engine, text

from socialshop.infra.db import Base

# Any constant: two migrators of one database must only agree on it.
_MIGRATOR_LOCK = 7_203_113_415


def migrate_online() -> None:
    """Run the migrations under an advisory lock: run twice or at once, the second finds them done.

    Each is a transaction of its own: no lock is held for longer than the migration that needs it. One that fails
    leaves the schema at the one before it, and the next run goes on from there.
    """
    url = current_app.config["SQLALCHEMY_DATABASE_URI"]
    # Not the app's engine: that one has dropped the owner's privileges.
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATOR_LOCK})
        # A live shop must not queue behind a migration that waits for a lock: give up instead and be run again.
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


migrate_online()
