"""The door of payments: intents and requests below, calls and looks for the workers, notices for the webhook."""

from __future__ import annotations

from socialshop.payments.service.calling import provider_calls
from socialshop.payments.service.disputing import (
    disputes_of,
    ended_disputes,
    note_evidence,
    notes_of_disputes,
    open_disputes,
)
from socialshop.payments.service.intents import (
    Fee,
    PaymentView,
    being_paid,
    charge,
    create_intent,
    end_mandates,
    mandates_of_charges,
    move_hold,
    open_charges,
    pay,
    payment_of_order,
    payments_of_charges,
    payments_of_orders,
    prepare,
    prepared,
    request_capture,
    request_refund,
    request_release,
)
from socialshop.payments.service.looking import (
    count_unknown,
    forget_notices,
    looks,
    notice_looks,
    poll,
    take_notice,
)
from socialshop.payments.service.reconciling import (
    ask_reconciliation,
    count_open_cases,
    decide_case,
    heal_cases,
    read_records,
    reconciled_days,
    reconciliation_cases,
    reconciliation_of,
    records,
)
from socialshop.payments.store.differences import CaseRow
from socialshop.payments.store.disputes import DisputeRow, NoteRow
from socialshop.payments.store.movements import DayRow
from socialshop.payments.store.personal import PERSONAL

__all__ = [
    "PERSONAL",
    "CaseRow",
    "DayRow",
    "DisputeRow",
    "Fee",
    "NoteRow",
    "PaymentView",
    "ask_reconciliation",
    "being_paid",
    "charge",
    "count_open_cases",
    "count_unknown",
    "create_intent",
    "decide_case",
    "disputes_of",
    "end_mandates",
    "ended_disputes",
    "forget_notices",
    "heal_cases",
    "looks",
    "mandates_of_charges",
    "move_hold",
    "note_evidence",
    "notes_of_disputes",
    "notice_looks",
    "open_charges",
    "open_disputes",
    "pay",
    "payment_of_order",
    "payments_of_charges",
    "payments_of_orders",
    "poll",
    "prepare",
    "prepared",
    "provider_calls",
    "read_records",
    "reconciled_days",
    "reconciliation_cases",
    "reconciliation_of",
    "records",
    "request_capture",
    "request_refund",
    "request_release",
    "take_notice",
]
