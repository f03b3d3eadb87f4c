"""What records call things, in words: acts of the audit record, findings, the legs of a plan."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext

from socialshop.pages.admin.section import admin

DEEDS = {
    "accrual.put_back": lazy_gettext("settlement put back"),
    "books.proved": lazy_gettext("books proved"),
    "deal.opened": lazy_gettext("deal opened"),
    "deal.published": lazy_gettext("deal published"),
    "delivery.put_back": lazy_gettext("duty put back"),
    "member.created": lazy_gettext("account made"),
    "order.shipped": lazy_gettext("order shipped"),
    "payout.approved": lazy_gettext("payout approved"),
    "payout.cancelled": lazy_gettext("payout taken back"),
    "payout.failed": lazy_gettext("payout failed"),
    "payout.held": lazy_gettext("payout put on hold"),
    "payout.paid": lazy_gettext("payout paid"),
    "payout.rejected": lazy_gettext("payout refused"),
    "payout.submitted": lazy_gettext("payout asked for"),
    "payout_batch.created": lazy_gettext("batch made"),
    "payout_batch.file_read": lazy_gettext("payout file taken"),
    "payout_batch.released": lazy_gettext("batch released"),
    "plan.drafted": lazy_gettext("plan drafted"),
    "plan.published": lazy_gettext("plan published"),
    "product.added": lazy_gettext("product added"),
    "referrals.viewed": lazy_gettext("team looked at"),
    "refund.approved": lazy_gettext("refund approved"),
    "refund.rejected": lazy_gettext("refund refused"),
    "sponsor.corrected": lazy_gettext("sponsor corrected"),
}
GAUGES = {
    "outbox_unrelayed_events": lazy_gettext("Facts not yet handed on"),
    "outbox_pending_deliveries": lazy_gettext("Duties not yet done"),
    "outbox_dead_deliveries": lazy_gettext("Duties given up"),
    "payment_calls_unknown": lazy_gettext("Payment calls without a known outcome"),
    "accruals_set_aside": lazy_gettext("Commissions that the books refused to settle"),
    "ledger_unsealed_entries": lazy_gettext("Journal entries not yet sealed"),
    "audit_unsealed_entries": lazy_gettext("Entries of the record not yet sealed"),
}
ROLES = {
    "member": lazy_gettext("member"),
    "leader": lazy_gettext("leader"),
    "finance": lazy_gettext("finance"),
    "admin": lazy_gettext("admin"),
}
SEVERITIES = {
    "info": lazy_gettext("worth knowing"),
    "warning": lazy_gettext("somebody has to sign"),
    "refusal": lazy_gettext("not allowed"),
}
FINDINGS = {"clawback_owed": lazy_gettext("Owes commission that was taken back")}


@admin.app_template_global()
def deed_words(action: str) -> str:
    """What was done; an act that has no words here by its own name."""
    return str(DEEDS.get(action, action))


@admin.app_template_global()
def finding_words(code: str) -> str:
    """What was noticed; a finding that has no words here by its own name."""
    return str(FINDINGS.get(code, code))


@admin.app_template_global()
def leg_words(kind: str, level: int) -> str:
    """For what somebody earns: a level above the buyer, the room's host, or the buyer."""
    if kind == "sale":
        return str(gettext("Level %(level)s", level=level))
    return str({"host": gettext("Host of the room"), "self": gettext("The buyer")}.get(kind, kind))


@admin.app_template_global()
def gauge_words(name: str) -> str:
    """What waits; a figure that has no words here by its own name."""
    return str(GAUGES.get(name, name))


@admin.app_template_global()
def severity_words(severity: str) -> str:
    """How grave the legal guard finds something."""
    return str(SEVERITIES[severity])
