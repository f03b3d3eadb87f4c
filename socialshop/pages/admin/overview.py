"""Where an admin begins: what waits for a person, since when, and whether the books agreed the last time."""

from __future__ import annotations

from flask import render_template

from socialshop.books.service import last_proofs
from socialshop.orders import service as orders
from socialshop.pages.admin.payouts import CHANNELS, RISKS
from socialshop.pages.admin.section import admin
from socialshop.pages.visit import Visit
from socialshop.payouts import service as payouts
from socialshop.web import metrics

# What waits for a person, not for a worker.
_GIVEN_UP = frozenset({"outbox_dead_deliveries", "accruals_set_aside", "payment_calls_unknown"})
_UNSEALED = frozenset({"ledger_unsealed_entries", "audit_unsealed_entries"})


@admin.page("", tab="overview")
def show_overview(visit: Visit) -> str:
    """Everything that waits, with a way to each."""
    gauges = metrics.waiting(visit.uow)
    return render_template(
        "admin/overview.html",
        requests=payouts.waiting_sums(visit.uow, [*payouts.UNDECIDED, "approved"]),
        to_do=orders.to_do(visit.uow),
        overdue=payouts.overdue(visit.uow),
        given_up=[gauge for gauge in gauges if gauge.name in _GIVEN_UP and gauge.value],
        unsealed=sum(gauge.value for gauge in gauges if gauge.name in _UNSEALED),
        proof=next(iter(last_proofs(visit.uow, 1)), None),
        risks=RISKS,
        channels=CHANNELS,
        now=visit.uow.now,
    )
