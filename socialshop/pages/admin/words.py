"""What records call things, in words: acts of the audit record, findings, the legs of a plan, what waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant
from socialshop.orders.service import RefundView
from socialshop.pages.admin.section import admin
from socialshop.pages.formats import instant, joined, money
from socialshop.screening.service import StoredFinding

DEEDS = {
    "accrual.put_back": lazy_gettext("settlement put back"),
    "appeal.lifted": lazy_gettext("appeal: decision lifted"),
    "appeal.upheld": lazy_gettext("appeal: decision upheld"),
    "behaviour_rules.published": lazy_gettext("rules of behaviour published"),
    "books.days_closed": lazy_gettext("days of the books closed"),
    "books.month_closed": lazy_gettext("month of the books closed"),
    "books.proved": lazy_gettext("books proved"),
    "campaign.added": lazy_gettext("campaign planned"),
    "campaign.cancelled": lazy_gettext("campaign cancelled"),
    "campaign.drawn": lazy_gettext("campaign: groups drawn"),
    "campaign.drawn_too_late": lazy_gettext("campaign: groups drawn too late"),
    "circle.notice_posted": lazy_gettext("circle told something"),
    "coupon.codes_made": lazy_gettext("coupon codes made"),
    "coupon.issued": lazy_gettext("coupon given by hand"),
    "coupon.made": lazy_gettext("coupon made"),
    "coupon.paused": lazy_gettext("coupon paused"),
    "coupon.resumed": lazy_gettext("coupon goes on"),
    "deal.offered": lazy_gettext("deal offered to some"),
    "deal.ended": lazy_gettext("deal ended"),
    "deal.opened": lazy_gettext("deal opened"),
    "deal.paused": lazy_gettext("deal paused"),
    "deal.published": lazy_gettext("deal published"),
    "deal.resumed": lazy_gettext("deal resumed"),
    "delivery.put_back": lazy_gettext("duty put back"),
    "dispute.noted": lazy_gettext("evidence of a dispute noted"),
    "finding.confirmed": lazy_gettext("finding confirmed"),
    "finding.dismissed": lazy_gettext("finding dismissed"),
    "goods.opened": lazy_gettext("product opened to leaders"),
    "leader_application.approved": lazy_gettext("application to lead approved"),
    "leader_application.rejected": lazy_gettext("application to lead refused"),
    "publisher.approved": lazy_gettext("publisher approved"),
    "publisher.ended": lazy_gettext("publisher ended"),
    "publisher.rejected": lazy_gettext("publisher refused"),
    "publisher_channel.listed": lazy_gettext("channel of a publisher listed"),
    "publisher_channel.ended": lazy_gettext("channel of a publisher taken off the list"),
    "traffic.disallowed": lazy_gettext("clicks or views struck out"),
    "mail.retried": lazy_gettext("mail sent again"),
    "member.birthday_corrected": lazy_gettext("birthday put right"),
    "member.claimed": lazy_gettext("account claimed"),
    "member.created": lazy_gettext("account made"),
    "member.email_attached": lazy_gettext("e-mail attached"),
    "member.erased": lazy_gettext("member erased"),
    "member.password_link": lazy_gettext("link to a new password made"),
    "merge.approved": lazy_gettext("two accounts merged"),
    "merge.asked": lazy_gettext("merge of two accounts asked for"),
    "merge.rejected": lazy_gettext("two accounts left as they were"),
    "mission.added": lazy_gettext("mission opened"),
    "mission.changed": lazy_gettext("mission changed"),
    "mission.withdrawn": lazy_gettext("mission withdrawn"),
    "notice_cap.set": lazy_gettext("limit of notices set"),
    "order.shipped": lazy_gettext("order shipped"),
    "partner_vouchers.loaded": lazy_gettext("vouchers put in stock"),
    "payee.decided": lazy_gettext("name of a payee decided"),
    "payee.named": lazy_gettext("name of a payee said"),
    "payout_fee.published": lazy_gettext("fee of payouts published"),
    "tax_certificate.issued": lazy_gettext("certificate of tax issued"),
    "tax_table.published": lazy_gettext("table of tax published"),
    "payout.approved": lazy_gettext("payout approved"),
    "payout.cancelled": lazy_gettext("payout taken back"),
    "payout.claimed": lazy_gettext("payout case claimed"),
    "payout.failed": lazy_gettext("payout failed"),
    "payout.held": lazy_gettext("payout put on hold"),
    "payout.let_go": lazy_gettext("payout case given up"),
    "payout.noted": lazy_gettext("payout case noted on"),
    "payout.paid": lazy_gettext("payout paid"),
    "payout.rejected": lazy_gettext("payout refused"),
    "payout.returned": lazy_gettext("payout sent back by the bank"),
    "payout.submitted": lazy_gettext("payout asked for"),
    "payout_batch.created": lazy_gettext("batch made"),
    "payout_batch.file_read": lazy_gettext("payout file taken"),
    "payout_batch.released": lazy_gettext("batch released"),
    "payout_rules.published": lazy_gettext("rules of payouts published"),
    "payout_rules.signed": lazy_gettext("rules of payouts signed"),
    "payout_rules.stopped": lazy_gettext("automatic approval stopped"),
    "plan.drafted": lazy_gettext("plan drafted"),
    "plan.discarded": lazy_gettext("draft of a plan thrown away"),
    "plan.redrafted": lazy_gettext("draft of a plan changed"),
    "plan.published": lazy_gettext("plan published"),
    "plan.simulated": lazy_gettext("plan tried on past sales"),
    "plan_offer.drafted": lazy_gettext("paid membership drafted"),
    "plan_offer.published": lazy_gettext("paid membership published"),
    "point_rules.published": lazy_gettext("rules of points published"),
    "points.adjusted": lazy_gettext("points put right"),
    "post.published": lazy_gettext("review or note published"),
    "post.rejected": lazy_gettext("review or note not shown"),
    "product.added": lazy_gettext("product added"),
    "product.changed": lazy_gettext("product changed"),
    "product.off_sale": lazy_gettext("product taken off sale"),
    "product.on_sale": lazy_gettext("product put back on sale"),
    "product.picture_added": lazy_gettext("picture of a product added"),
    "product.picture_described": lazy_gettext("picture of a product described"),
    "product.picture_removed": lazy_gettext("picture of a product removed"),
    "product.pictures_ordered": lazy_gettext("pictures of a product put in order"),
    "question.answered": lazy_gettext("question answered"),
    "reconciliation.decided": lazy_gettext("difference to a payment provider decided"),
    "redemption.done": lazy_gettext("reward handed over"),
    "redemption.refused": lazy_gettext("redemption refused"),
    "referrals.viewed": lazy_gettext("team looked at"),
    "refund.approved": lazy_gettext("refund approved"),
    "refund.rejected": lazy_gettext("refund refused"),
    "reward.added": lazy_gettext("reward added"),
    "reward.changed": lazy_gettext("reward changed"),
    "room.cancelled": lazy_gettext("room cancelled"),
    "sponsor.corrected": lazy_gettext("sponsor corrected"),
    "standing.dismissed": lazy_gettext("report dismissed"),
    "standing.frozen": lazy_gettext("member frozen"),
    "standing.limited": lazy_gettext("member limited"),
    "standing.warned": lazy_gettext("member warned"),
    "risk_rules.published": lazy_gettext("rules of risk published"),
    "reward.moved": lazy_gettext("reward: stock changed"),
    "stock.low_set": lazy_gettext("low stock said"),
    "stock.moved": lazy_gettext("stock changed"),
    "session.announced": lazy_gettext("session announced"),
    "session.cancelled": lazy_gettext("session cancelled"),
    "session.changed": lazy_gettext("session changed"),
    "session.pinned": lazy_gettext("goods of a session pinned"),
    "storefront.banner_removed": lazy_gettext("banner of a storefront removed"),
    "storefront.banner_taken_down": lazy_gettext("banner of a storefront taken down"),
    "storefront.banner_set": lazy_gettext("banner of a storefront set"),
    "storefront.kept": lazy_gettext("storefront kept"),
    "survey.added": lazy_gettext("survey opened"),
    "survey.closed": lazy_gettext("survey closed"),
    "tier_programme.drafted": lazy_gettext("tiers drafted"),
    "tier_programme.published": lazy_gettext("tiers published"),
    "totp.begun": lazy_gettext("authenticator begun"),
    "totp.codes_renewed": lazy_gettext("recovery codes renewed"),
    "totp.confirmed": lazy_gettext("authenticator added"),
    "totp.given": lazy_gettext("authenticator given from the console"),
    "totp.removed": lazy_gettext("authenticator removed"),
    "totp.stepped_up": lazy_gettext("proved by a code"),
    "webhook.replayed": lazy_gettext("webhook: one delivery repeated"),
    "webhook_endpoint.added": lazy_gettext("webhook added"),
    "webhook_endpoint.changed": lazy_gettext("webhook changed"),
    "webhook_endpoint.disabled": lazy_gettext("webhook switched off"),
    "webhook_endpoint.enabled": lazy_gettext("webhook switched on"),
    "webhook_endpoint.moved": lazy_gettext("webhook moved to another address"),
    "webhook_endpoint.removed": lazy_gettext("webhook removed"),
    "webhook_endpoint.replayed": lazy_gettext("webhook: all told again"),
    "webhook_endpoint.secret_changed": lazy_gettext("webhook given a new secret"),
}
GAUGES = {
    "outbox_unrelayed_events": lazy_gettext("Facts not yet handed on"),
    "outbox_pending_deliveries": lazy_gettext("Duties not yet done"),
    "outbox_dead_deliveries": lazy_gettext("Duties given up"),
    "payment_calls_unknown": lazy_gettext("Payment calls without a known outcome"),
    "payouts_overdue": lazy_gettext("Payouts that wait longer than they should"),
    "reconciliation_cases_open": lazy_gettext("Differences to a payment provider"),
    "payouts_unknown": lazy_gettext("Payouts without a known outcome"),
    "accruals_set_aside": lazy_gettext("Commissions that the books refused to settle"),
    "ledger_unsealed_entries": lazy_gettext("Journal entries not yet sealed"),
    "audit_unsealed_entries": lazy_gettext("Entries of the record not yet sealed"),
    "mails_stuck": lazy_gettext("Mails that did not leave"),
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
FINDINGS = {
    "clawback_owed": lazy_gettext("Owes commission that was taken back"),
    "member_frozen": lazy_gettext("The member is frozen"),
    "destination_shared": lazy_gettext("Others are paid to the same account"),
    "holder_differs": lazy_gettext("The account is in another name"),
    "self_referral": lazy_gettext("Brought accounts that may be their own"),
    "disposable_mail": lazy_gettext("A throw-away e-mail address"),
    "velocity_links": lazy_gettext("Very many links in a short time"),
    "velocity_registrations": lazy_gettext("Very many brought in a short time"),
    "velocity_rooms": lazy_gettext("Very many rooms in a short time"),
    "refund_rate": lazy_gettext("Much of what was bought came back"),
    "closed_rooms": lazy_gettext("Rooms filled by accounts of one hand"),
    "click_flood": lazy_gettext("A flood of clicks that do not count"),
    "one_host": lazy_gettext("New accounts that join one host alone"),
    "payment_disputed": lazy_gettext("The bank took money back"),
    "ring": lazy_gettext("A ring of accounts"),
}
# What a server must have (web/health.py), and what to do where it has not.
PROBES = {
    "database": (lazy_gettext("Database"), lazy_gettext("The database does not answer: nothing works without it.")),
    "schema": (
        lazy_gettext("Table definitions"),
        lazy_gettext("The tables are not those of this program: run the migrations."),
    ),
    "application_role": (
        lazy_gettext("Rights in the database"),
        lazy_gettext("The shop may do more in the database than it should: books could be changed unseen."),
    ),
    "redis": (lazy_gettext("Valkey"), lazy_gettext("Wake-up calls do not arrive: what follows a change comes late.")),
    "worker": (
        lazy_gettext("Workers"),
        lazy_gettext("No worker listens: what follows a change waits until one is started."),
    ),
}
# What is wrong with a line of a table of results (payouts/service/result_files.py).
FAULTS = {
    "differs": lazy_gettext("not what was frozen in the batch"),
    "fields": lazy_gettext("the line has too few or too many fields"),
    "invalid_text": lazy_gettext("too long, or not of visible characters"),
    "malformed": lazy_gettext("no id of a payout request"),
    "missing": lazy_gettext("is missing"),
    "not_in_batch": lazy_gettext("no request of this batch"),
    "other_result": lazy_gettext("the payout has another result already"),
    "repeated": lazy_gettext("an earlier line says something else of this request"),
    "unknown_outcome": lazy_gettext("none of paid, failed and returned"),
}
# Why banks take money back, as providers name it (Stripe's words; the sandbox uses them too).
DISPUTES = {
    "credit_not_processed": lazy_gettext("a refund that was promised did not come"),
    "duplicate": lazy_gettext("paid twice"),
    "fraudulent": lazy_gettext("not paid by the holder of the card"),
    "general": lazy_gettext("no particular reason"),
    "product_not_received": lazy_gettext("the goods did not come"),
    "product_unacceptable": lazy_gettext("the goods are not as described"),
    "subscription_canceled": lazy_gettext("charged after it was cancelled"),
    "unrecognized": lazy_gettext("the buyer does not know the payment"),
}
# The laws that the guard knows, as it names them.
LAWS = (
    lazy_gettext("State Council Order No. 444 (2005), article 7; SPC, SPP and MPS Opinion of 2013, part one"),
    lazy_gettext("SPC, SPP and MPS Opinion of 2013, parts one and five"),
)


@admin.app_template_global()
def deed_words(action: str) -> str:
    """What was done; an act that has no words here by its own name."""
    return str(DEEDS.get(action, action))


@admin.app_template_global()
def finding_words(code: str) -> str:
    """What was noticed; a finding that has no words here by its own name."""
    return str(FINDINGS.get(code, code))


@admin.app_template_global()
def evidence_words(finding: StoredFinding) -> str:
    """What a finding rests on, in a sentence; one that has none here by its own names and values."""
    said = finding.evidence
    if finding.code == "clawback_owed":
        return _owed_words(said)
    if finding.code == "member_frozen":
        return str(gettext("By a decision until %(until)s.", until=instant(parse_instant(said["until"]))))
    if finding.code == "holder_differs":
        ending = said["account_last4"]
        return str(gettext("The account …%(ending)s is not in the name that was verified.", ending=ending))
    if finding.code == "destination_shared":
        others = int(said["members"])
        sentence = ngettext(
            "%(num)s other member has named this account.", "%(num)s other members have named this account.", others
        )
        return str(sentence)
    if (told := _risk_words(finding.code, said)) is not None:
        return told
    return " · ".join(joined((name, value), ":") for name, value in said.items())


def _owed_words(said: Mapping[str, Any]) -> str:
    owed = money(Money(int(said["owed_minor"]), str(said["currency"])))
    if "disallowance" in said:
        return str(gettext("%(sum)s was taken back for clicks or views struck out and is still owed.", sum=owed))
    return str(gettext("%(sum)s was taken back after a refund and is still owed to the shop.", sum=owed))


def _risk_words(code: str, said: Mapping[str, Any]) -> str | None:
    """What a finding about members rests on; None for one of another kind."""
    if "figures" in said:
        return str(
            gettext(
                "%(members)s accounts, %(orders)s orders: %(own)s in rooms of their own, %(back)s given back.",
                members=said["figures"]["members"],
                orders=said["figures"]["orders"],
                own=said["figures"]["own_orders"],
                back=said["figures"]["refunded"],
            )
        )
    if code == "refund_rate":
        return str(gettext("%(back)s of %(orders)s orders came back.", back=said["refunded"], orders=said["orders"]))
    if code == "click_flood":
        figures = {"clicks": said["done"], "idle": said["not_counted"], "days": said["days"]}
        return str(gettext("%(clicks)s clicks within days: %(days)s. %(idle)s do not count.", **figures))
    if code == "disposable_mail":
        return str(gettext("An address at %(domain)s.", domain=said["domain"]))
    if code in FINDINGS and "done" in said:
        return str(gettext("%(count)s within days: %(days)s.", count=said["done"], days=said["days"]))
    return None


@admin.app_template_global()
def dispute_words(reason: str) -> str:
    """Why a bank took money back; a reason that has no words here by its own name."""
    return str(DISPUTES.get(reason, reason))


@admin.app_template_global()
def refund_words(refund: RefundView) -> str:
    """Why money goes back: in the buyer's words, or because the bank took it."""
    return str(gettext("The bank took it back") if refund.is_disputed else refund.reason)


@admin.app_template_global()
def gauge_words(name: str) -> str:
    """What waits; a figure that has no words here by its own name."""
    return str(GAUGES.get(name, name))


@admin.app_template_global()
def severity_words(severity: str) -> str:
    """How grave the legal guard finds something."""
    return str(SEVERITIES[severity])


@admin.app_template_global()
def fault_words(code: str) -> str:
    """What is wrong with a line of a table."""
    return str(FAULTS.get(code, code))
