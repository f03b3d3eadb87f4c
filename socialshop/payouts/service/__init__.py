"""The door of payouts: destinations and requests of members, review, batches, results."""

from __future__ import annotations

from socialshop.payouts.service.automatic import approve_by_rule
from socialshop.payouts.service.batching import (
    LARGEST_BATCH,
    Apart,
    BatchView,
    batches,
    create_batch,
    kept_apart,
    record_results,
    record_return,
    release_batch,
    show_batch,
)
from socialshop.payouts.service.blotting import blot_out
from socialshop.payouts.service.certifying import (
    FIRST_YEAR,
    certificate_number,
    certificates,
    issue_certificate,
    lines_of,
)
from socialshop.payouts.service.claiming import claim_case, claim_on, let_go
from socialshop.payouts.service.deciding_together import (
    MOST_TOGETHER,
    Look,
    Summary,
    Together,
    Why,
    decide_together,
    look_together,
)
from socialshop.payouts.service.deducting import (
    FEE_PREFIX,
    TAX_PREFIX,
    Place,
    Quote,
    fee_tables,
    publish_fee,
    publish_tax_table,
    tax_tables,
    today_in,
)
from socialshop.payouts.service.disbursing import count_unknown_transfers, disburse, poll_transfers
from socialshop.payouts.service.files import FrozenFile, bank_file, frozen_file, statement_table
from socialshop.payouts.service.finding import find_frozen, find_owed_commission
from socialshop.payouts.service.noting import forget_notes, note_case
from socialshop.payouts.service.queueing import UNDECIDED, Queued, neighbours, queue, waiting_sums
from socialshop.payouts.service.reading import (
    Evidence,
    Statement,
    evidence,
    own_request,
    page_of,
    sharing_an_account,
    statement,
)
from socialshop.payouts.service.requesting import add_destination, cancel, destinations, quote_of, submit, usable_from
from socialshop.payouts.service.result_files import record_results_file
from socialshop.payouts.service.reviewing import Said, approve, has_opened, hold, reject
from socialshop.payouts.service.ruling import (
    PayoutRulesInForce,
    count_overdue,
    overdue,
    payout_rules,
    payout_rules_history,
    publish_payout_rules,
    sign_payout_rules,
    stop_automatic,
    tell_overdue,
)
from socialshop.payouts.service.verifying import (
    check_at_once,
    check_payees,
    decide_payee,
    payee_of,
    payees,
    poll_payees,
    state_name,
)
from socialshop.payouts.store.batches import Batch, BatchItem, Outcome
from socialshop.payouts.store.certificates import Certificate
from socialshop.payouts.store.claims import CaseClaim
from socialshop.payouts.store.deductions import FeeTable, TaxTable
from socialshop.payouts.store.destinations import Destination
from socialshop.payouts.store.payees import Payee
from socialshop.payouts.store.personal import PERSONAL
from socialshop.payouts.store.requests import PaidPart, Request
from socialshop.payouts.store.review import Neighbours, Sort, WaitingSum, Wanted
from socialshop.payouts.store.rulesets import Overdue, RulesRow

__all__ = [
    "FEE_PREFIX",
    "FIRST_YEAR",
    "LARGEST_BATCH",
    "MOST_TOGETHER",
    "PERSONAL",
    "TAX_PREFIX",
    "UNDECIDED",
    "Apart",
    "Batch",
    "BatchItem",
    "BatchView",
    "CaseClaim",
    "Certificate",
    "Destination",
    "Evidence",
    "FeeTable",
    "FrozenFile",
    "Look",
    "Neighbours",
    "Outcome",
    "Overdue",
    "PaidPart",
    "Payee",
    "PayoutRulesInForce",
    "Place",
    "Queued",
    "Quote",
    "Request",
    "RulesRow",
    "Said",
    "Sort",
    "Statement",
    "Summary",
    "TaxTable",
    "Together",
    "WaitingSum",
    "Wanted",
    "Why",
    "add_destination",
    "approve",
    "approve_by_rule",
    "bank_file",
    "batches",
    "blot_out",
    "cancel",
    "certificate_number",
    "certificates",
    "check_at_once",
    "check_payees",
    "claim_case",
    "claim_on",
    "count_overdue",
    "count_unknown_transfers",
    "create_batch",
    "decide_payee",
    "decide_together",
    "destinations",
    "disburse",
    "evidence",
    "fee_tables",
    "find_frozen",
    "find_owed_commission",
    "forget_notes",
    "frozen_file",
    "has_opened",
    "hold",
    "issue_certificate",
    "kept_apart",
    "let_go",
    "lines_of",
    "look_together",
    "neighbours",
    "note_case",
    "overdue",
    "own_request",
    "page_of",
    "payee_of",
    "payees",
    "payout_rules",
    "payout_rules_history",
    "poll_payees",
    "poll_transfers",
    "publish_fee",
    "publish_payout_rules",
    "publish_tax_table",
    "queue",
    "quote_of",
    "record_results",
    "record_results_file",
    "record_return",
    "reject",
    "release_batch",
    "sharing_an_account",
    "show_batch",
    "sign_payout_rules",
    "state_name",
    "statement",
    "statement_table",
    "stop_automatic",
    "submit",
    "tax_tables",
    "tell_overdue",
    "today_in",
    "usable_from",
    "waiting_sums",
]
