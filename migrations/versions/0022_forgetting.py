"""What happened in rooms that are long over may be forgotten: it is no history of money."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Events of rooms are still never changed."""
    op.execute(
        """
        DROP TRIGGER room_events_append_only ON room_events;
        CREATE TRIGGER room_events_never_changed BEFORE UPDATE OR TRUNCATE ON room_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )
    for_application_role("GRANT DELETE ON room_events TO {role}")
