"""What several migrations say: the application role's grants, where that role could be made."""

from __future__ import annotations

from alembic import op

from socialshop.infra.db import APPLICATION_ROLE


def for_application_role(statement: str) -> None:
    """Run a GRANT or REVOKE about the application role; nothing where the server's owner let us make no role."""
    op.execute(
        f"""
        DO $do$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
                {statement.format(role=APPLICATION_ROLE)};
            END IF;
        END $do$
        """
    )


def append_only(table: str) -> None:
    """Rows of `table` are never changed or removed: refused by trigger, and by privilege for the application."""
    op.execute(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )
    for_application_role(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {{role}}")
