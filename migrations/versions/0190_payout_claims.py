"""Cases of payouts that a reviewer has claimed for a while, and how risky each is, as a function that lists sort by."""

from __future__ import annotations

from alembic import op

revision = "0190"
down_revision = "0121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A claim passes by itself: whoever comes after `claimed_until` writes over it."""
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS payout_claims (
            request_id    uuid CONSTRAINT pk_payout_claims PRIMARY KEY
                CONSTRAINT fk_payout_claims_request_id REFERENCES payout_requests (id),
            claimed_by    uuid NOT NULL
                CONSTRAINT fk_payout_claims_claimed_by REFERENCES members (id) ON DELETE CASCADE,
            claimed_until timestamptz NOT NULL
        );
        CREATE INDEX IF NOT EXISTS ix_payout_claims_claimed_by ON payout_claims (claimed_by)
        """
    )
    _how_risky()


def _how_risky() -> None:
    """`public_id` spells an id as kernel/ids.py does: findings name what they are about by it.

    `payout_risk` is the gravest that stands about a request or its member: `severe`, `warning` or `none`.
    """
    op.execute(
        """
        CREATE OR REPLACE FUNCTION public_id(prefix text, id uuid) RETURNS text
        IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
            SELECT prefix || '_' || string_agg(
                substr('0123456789abcdefghjkmnpqrstvwxyz',
                       CAST(CAST(substring(whole.bits FROM place * 5 + 1 FOR 5) AS bit(5)) AS integer) + 1, 1),
                '' ORDER BY place)
            FROM (SELECT B'00' || CAST('x' || replace(CAST(id AS text), '-', '') AS bit(128)) AS bits) whole,
                 generate_series(0, 25) AS place
        $$;
        CREATE OR REPLACE FUNCTION payout_findings(request uuid, member bigint)
        RETURNS TABLE (finding_id uuid, severity text) STABLE LANGUAGE sql AS $$
            SELECT f.id, f.severity FROM findings f WHERE f.subject = public_id('por', request)
            UNION ALL
            SELECT f.id, f.severity FROM finding_members m
            JOIN finding_cases c ON c.finding_id = m.finding_id AND c.state IN ('open', 'confirmed') AND NOT c.shadow
            JOIN findings f ON f.id = c.finding_id
            WHERE m.member_number = member
        $$;
        CREATE OR REPLACE FUNCTION payout_risk(request uuid, member bigint) RETURNS text STABLE LANGUAGE sql AS $$
            SELECT CASE max(CASE severity WHEN 'severe' THEN 2 WHEN 'warning' THEN 1 ELSE 0 END)
                WHEN 2 THEN 'severe' WHEN 1 THEN 'warning' ELSE 'none' END
            FROM payout_findings(request, member)
        $$
        """
    )
