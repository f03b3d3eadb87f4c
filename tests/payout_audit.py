"""What must be true of payouts at every moment, read from rows and books alone: no answer of the shop is believed."""

from __future__ import annotations

from socialshop.infra.uow import unit_of_work
from socialshop.ledger import service as ledger

# What a refund took back and the wallet had not is owed: so much more than is left of the commissions may be asked
# for, by requests from before. Later commissions net it, and lie then before what those requests took.
_OWED = """
    owed AS (
        SELECT a.beneficiary, sum(c.owed_minor) AS ever FROM clawbacks c JOIN accruals a ON a.id = c.accrual_id
        WHERE c.owed_minor > 0 GROUP BY 1
    )
"""
# Each query names what is off; a sound shop has no row of any.
FAULTS = {
    "reserved is not what open requests ask for": """
        SELECT m.number, coalesce(b.amount_minor, 0), coalesce(o.amount_minor, 0)
        FROM members m
        LEFT JOIN ledger_accounts a ON a.name = 'member:' || m.number || ':reserved'
        LEFT JOIN ledger_balances b ON b.account_id = a.id AND b.currency = 'CNY'
        LEFT JOIN (
            SELECT member_number, sum(amount_minor) AS amount_minor FROM payout_requests
            WHERE status IN ('submitted', 'approved', 'held', 'batched') GROUP BY 1
        ) o ON o.member_number = m.number
        WHERE coalesce(b.amount_minor, 0) <> coalesce(o.amount_minor, 0)
    """,
    "more was asked for than was earned": """
        SELECT r.member_number, sum(r.amount_minor), e.earned, e.owes FROM payout_requests r
        JOIN (SELECT s.beneficiary, sum(s.amount_minor - s.clawed_minor) AS earned,
                     coalesce(-min(b.amount_minor), 0) AS owes
              FROM accruals s
              LEFT JOIN ledger_accounts a ON a.name = 'member:' || s.beneficiary || ':receivable'
              LEFT JOIN ledger_balances b ON b.account_id = a.id AND b.currency = 'CNY'
              WHERE s.settled_at IS NOT NULL GROUP BY 1) e ON e.beneficiary = r.member_number
        WHERE r.status NOT IN ('rejected', 'cancelled', 'failed', 'returned') GROUP BY 1, 3, 4
        HAVING sum(r.amount_minor) > e.earned + e.owes
    """,
    "a channel's clearing is not what was paid through it": """
        SELECT c.channel, p.paid, b.amount_minor
        FROM (VALUES ('bank'), ('alipay'), ('wechat')) AS c (channel)
        LEFT JOIN (
            SELECT channel, sum(amount_minor - tax_minor - fee_minor) AS paid FROM payout_requests
            WHERE status = 'paid' GROUP BY 1
        ) p USING (channel)
        LEFT JOIN ledger_accounts a ON a.name = 'payout:' || c.channel || ':clearing'
        LEFT JOIN ledger_balances b ON b.account_id = a.id AND b.currency = 'CNY'
        WHERE coalesce(p.paid, 0) <> coalesce(b.amount_minor, 0)
    """,
    "a request's entries are not those of its status": """
        SELECT r.id, r.status, array_agg(e.kind ORDER BY e.id)
        FROM payout_requests r LEFT JOIN (
            SELECT DISTINCT e.id, e.kind, p.subject_id
            FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id WHERE starts_with(e.kind, 'payout_')
        ) e ON e.subject_id = r.id
        GROUP BY r.id
        HAVING array_agg(e.kind ORDER BY e.id) <> CASE
            WHEN r.status IN ('submitted', 'approved', 'held', 'batched') THEN ARRAY['payout_reserved']
            WHEN r.status = 'returned' THEN ARRAY['payout_reserved', 'payout_paid', 'payout_returned']
            ELSE ARRAY['payout_reserved', 'payout_' || r.status] END
    """,
    "a batch is not the sum of its requests": """
        SELECT b.id FROM payout_batches b LEFT JOIN payout_requests r ON r.batch_id = b.id
        GROUP BY b.id
        HAVING b.total_minor <> coalesce(sum(r.amount_minor - r.tax_minor - r.fee_minor), 0)
            OR b.item_count <> count(r.id)
    """,
    "a paid request is not covered by what it took and what its member owed": f"""
        WITH {_OWED}, taken AS (
            SELECT r.id, r.member_number, r.status, r.amount_minor, coalesce(sum(p.amount_minor), 0) AS minor
            FROM payout_requests r LEFT JOIN payout_parts p ON p.request_id = r.id GROUP BY r.id
        )
        SELECT t.id FROM taken t LEFT JOIN owed o ON o.beneficiary = t.member_number
        WHERE CASE WHEN t.status IN ('paid', 'returned') THEN t.minor NOT BETWEEN t.amount_minor - coalesce(o.ever, 0)
                   AND t.amount_minor ELSE t.minor > 0 END
    """,
    "an accrual was taken twice, or is paid out and neither taken whole nor netted against a debt": f"""
        WITH {_OWED}, taken AS (
            SELECT a.id, a.beneficiary, a.status, a.amount_minor, a.clawed_minor,
                   coalesce(sum(p.amount_minor), 0) AS minor
            FROM accruals a LEFT JOIN (
                SELECT p.* FROM payout_parts p JOIN payout_requests r ON r.id = p.request_id WHERE r.status = 'paid'
            ) p ON p.accrual_id = a.id GROUP BY a.id
        )
        SELECT t.id, t.status, t.minor FROM taken t LEFT JOIN owed o ON o.beneficiary = t.beneficiary
        WHERE t.minor > t.amount_minor OR (o.ever IS NULL AND
            (t.status = 'paid_out') <> (t.minor > 0 AND t.minor = t.amount_minor - t.clawed_minor))
    """,
    "somebody decided about an own request, or released what they approved or asked for": """
        SELECT r.id FROM payout_requests r
        LEFT JOIN payout_decisions d ON d.request_id = r.id
        LEFT JOIN payout_batches b ON b.id = r.batch_id
        WHERE d.decided_by = r.member_id OR b.released_by = r.member_id
           OR (d.decision = 'approved' AND b.released_by = d.decided_by)
    """,
    "what happened and what was recorded differ": """
        SELECT h.what, h.times, coalesce(e.times, 0) FROM (
            SELECT 'payout.' || decision AS what, count(*) AS times FROM payout_decisions GROUP BY 1
            UNION ALL
            SELECT 'payout.' || status, count(*) FROM payout_requests
            WHERE status IN ('cancelled', 'failed', 'returned') GROUP BY 1
            UNION ALL SELECT 'payout.paid', count(*) FROM payout_requests WHERE status IN ('paid', 'returned')
            UNION ALL SELECT 'payout.submitted', count(*) FROM payout_requests
            UNION ALL SELECT 'payout_batch.created', count(*) FROM payout_batches
            UNION ALL SELECT 'payout_batch.released', count(*) FROM payout_batches WHERE released_by IS NOT NULL
        ) h LEFT JOIN (SELECT action, count(*) AS times FROM audit_entries GROUP BY 1) e ON e.action = h.what
        WHERE h.times <> coalesce(e.times, 0)
    """,
}

# All at once: the machine of payouts asks after every step, and eight more statements would be a sixth of its time.
_ALL = " UNION ALL ".join(
    f"SELECT $name${name}$name$, ARRAY(SELECT off::text FROM ({query}) off)" for name, query in FAULTS.items()
)


def faults() -> dict[str, list[str]]:
    """What is off, by name, as text; empty in a sound shop."""
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        found = uow.session.connection().exec_driver_sql(_ALL).all()
        proof = ledger.prove(uow)
    wrong: dict[str, list[str]] = {name: rows for name, rows in found if rows}
    if proof.first_difference is not None:
        wrong["the books do not prove"] = [str(proof.first_difference)]
    return wrong
