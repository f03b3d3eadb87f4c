"""Who watches a room hears that its deal was paused, goes on, or ended."""

from __future__ import annotations

from alembic import op

revision = "0056"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One more kind of event, about the room as a whole.

    Not validated, for all that is there kept the narrower rule: no row need be read while the table is locked.
    """
    op.execute(
        """
        ALTER TABLE room_events
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_room_events_kind,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_room_events_member,
            ADD CONSTRAINT ck_room_events_kind CHECK (kind IN ('seat_held', 'seat_paid', 'seat_confirmed',
                'seat_released', 'host_changed', 'filled', 'expired', 'cancelled', 'deal_changed')) NOT VALID,
            ADD CONSTRAINT ck_room_events_member CHECK
                ((member IS NULL) = (kind IN ('filled', 'expired', 'cancelled', 'deal_changed'))) NOT VALID
        """
    )
