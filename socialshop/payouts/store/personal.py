"""What payouts hold of a person. Where money went is kept as long as the law asks, then blotted out too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.personal import Holding

_BLOTTED = "holder = '', account = id::text"

PERSONAL = (
    Holding(
        "payout_destinations",
        ("member_id", "holder", "account"),
        reads="""
            SELECT id, channel, holder, account, created_at FROM payout_destinations WHERE member_id = :id ORDER BY id
        """,
        ids={"id": "pod"},
        erases=(
            f"""
            UPDATE payout_destinations d SET {_BLOTTED}
            WHERE d.member_id = :id AND d.holder <> '' AND NOT EXISTS (
                SELECT FROM payout_requests r WHERE r.destination_id = d.id AND r.batch_id IS NOT NULL)
            """,  # noqa: S608 - a constant of this module
        ),
        stays="Where money has gone: holder and account, as long as the law asks for proof of payouts.",
    ),
    Holding(
        "payees",
        ("member_id", "real_name"),
        reads="""
            SELECT kind, country, real_name, status, changed_at FROM payees WHERE member_id = :id AND real_name <> ''
        """,
        erases=(
            """
            UPDATE payees SET real_name = ''
            WHERE member_id = :id AND NOT EXISTS (
                SELECT FROM payout_requests r WHERE r.member_id = :id AND r.batch_id IS NOT NULL)
            """,
        ),
        stays="Who was paid: the name, as long as the law asks for proof of payouts.",
    ),
    Holding(
        "payee_checks",
        ("member_id",),
        reads="""
            SELECT status, asked_at, answered_at FROM payee_checks WHERE member_id = :id ORDER BY id
        """,
        stays="That a name was checked before it was paid; the check knows no name.",
    ),
    Holding(
        "payee_decisions",
        ("member_id", "decided_by", "reason"),
        reads="SELECT decision, decided_at, reason FROM payee_decisions WHERE member_id = :id ORDER BY id",
        stays="Who decided about a name, and why; never changed or removed.",
    ),
    Holding(
        "payout_requests",
        ("member_id", "member_number", "reason", "result_reason"),
        reads="""
            SELECT id, destination_id, channel, amount_minor, tax_minor, fee_minor, currency, status,
                   submitted_at, decided_at, reason, result_reason, reference, ended_at
            FROM payout_requests WHERE member_id = :id ORDER BY id
        """,
        ids={"id": "por", "destination_id": "pod"},
        stays="The law asks for proof of payouts; the request knows a number.",
    ),
    Holding(
        "payout_decisions",
        ("requester", "decided_by", "reason", "note"),
        reads="""
            SELECT request_id, decision, decided_at, reason FROM payout_decisions WHERE requester = :id ORDER BY id
        """,
        ids={"request_id": "por"},
        stays="Who decided about money, and why; never changed or removed.",
    ),
    Holding(
        "payout_claims",
        ("claimed_by",),
        hidden="Which case a reviewer reads just now; claims are in the audit record.",
        erases=("DELETE FROM payout_claims WHERE claimed_by = :id",),
    ),
    Holding(
        "payout_notes",
        ("noted_by", "note"),
        hidden="What reviewers tell each other about a case; the reasons they gave are read out with the decisions.",
        erases=(
            """
            DELETE FROM payout_notes WHERE request_id IN (SELECT id FROM payout_requests WHERE member_id = :id)
            """,
        ),
        stays="Who of the shop noted something about somebody else, as the audit record has it too.",
    ),
    Holding(
        "payout_rules",
        ("published_by", "signed_by", "stopped_by"),
        hidden="Rules are the shop's; who published or signed them is read out from the audit record.",
        stays="Who let payouts be approved without a person.",
    ),
    Holding(
        "tax_certificates",
        ("member_id",),
        reads="""
            SELECT year, place, currency, gross_minor, tax_minor, content, content_hash, issued_at
            FROM tax_certificates WHERE member_id = :id ORDER BY id
        """,
        stays="The law asks for proof of tax; a certificate knows ids and sums, and no name.",
    ),
    Holding(
        "tax_tables",
        ("published_by",),
        hidden="Tables of tax are the shop's; what its people did is read out from the audit record.",
        stays="Who published what is withheld.",
    ),
    Holding(
        "payout_fees",
        ("published_by",),
        hidden="Fees are the shop's; what its people did is read out from the audit record.",
        stays="Who published what is taken.",
    ),
    Holding(
        "payout_batches",
        ("created_by", "released_by"),
        hidden="Batches are the shop's; what its people did is read out from the audit record.",
        stays="Who released money.",
    ),
)


_BLOT_NAMES = text(
    """
    UPDATE payees SET real_name = '' WHERE member_id = ANY (ARRAY(
        SELECT p.member_id FROM payees p JOIN erasures e ON e.member_id = p.member_id
        WHERE p.real_name <> '' AND NOT EXISTS (
            SELECT FROM payout_requests r WHERE r.member_id = p.member_id AND r.batch_id IS NOT NULL
                AND coalesce(r.ended_at, r.submitted_at) >= :before)
        LIMIT :limit))
    RETURNING 1
    """
)


def blot_out(session: Session, paid_before: datetime, limit: int) -> int:
    """Blot out up to `limit` destinations, and names, of people who have left, to whom nothing went since.

    Returns how many, of whichever are more.
    """
    done = session.execute(
        text(
            f"""
            UPDATE payout_destinations SET {_BLOTTED} WHERE id = ANY (ARRAY(
                SELECT d.id FROM payout_destinations d JOIN erasures e ON e.member_id = d.member_id
                WHERE d.holder <> '' AND NOT EXISTS (
                    SELECT FROM payout_requests r WHERE r.destination_id = d.id AND r.batch_id IS NOT NULL
                        AND coalesce(r.ended_at, r.submitted_at) >= :before)
                LIMIT :limit))
            RETURNING 1
            """  # noqa: S608 - a constant of this module
        ),
        {"before": paid_before, "limit": limit},
    ).all()
    names = session.execute(_BLOT_NAMES, {"before": paid_before, "limit": limit}).all()
    return max(len(done), len(names))
