"""What happened in rooms, in order, for who watches one."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Ids grow with time in each room: whatever happens in a room happens under its row's lock.

    What is known of rooms that are there already is written down as if it had been.
    """
    op.execute(
        """
        CREATE TABLE room_events (
            id      bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_room_events PRIMARY KEY,
            room_id uuid NOT NULL CONSTRAINT fk_room_events_room_id REFERENCES rooms (id),
            kind    text NOT NULL CONSTRAINT ck_room_events_kind CHECK (kind IN ('seat_held', 'seat_paid',
                'seat_confirmed', 'seat_released', 'host_changed', 'filled', 'expired', 'cancelled')),
            member  bigint,
            at      timestamptz NOT NULL,
            CONSTRAINT ck_room_events_member CHECK
                ((member IS NULL) = (kind IN ('filled', 'expired', 'cancelled')))
        );
        CREATE INDEX ix_room_events_room_id ON room_events (room_id, id);
        INSERT INTO room_events (room_id, kind, member, at)
        SELECT room_id, kind, member, at FROM (
            SELECT room_id, 'seat_held' AS kind, member, claimed_at AS at, 1 AS step FROM seats
            UNION ALL
            SELECT room_id, 'seat_paid', member, paid_at, 2 FROM seats WHERE paid_at IS NOT NULL
            UNION ALL
            SELECT room_id, 'seat_released', member, ended_at, 3 FROM seats WHERE ended_at IS NOT NULL
            UNION ALL
            SELECT id, status, NULL, closed_at, 4 FROM rooms WHERE status <> 'open'
            UNION ALL
            SELECT s.room_id, 'seat_confirmed', s.member, r.closed_at, 5 FROM seats s JOIN rooms r ON r.id = s.room_id
            WHERE s.status = 'confirmed'
        ) before ORDER BY at, step
        """
    )
    append_only("room_events")
