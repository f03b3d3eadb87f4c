"""The admins' desk; finance reads it."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext

from socialshop.pages.forms import Form
from socialshop.pages.section import Section
from socialshop.pages.tabs import Group, Tab
from socialshop.web.auth import READS_ALL

# Every action that moves anything says `access=ADMINS`, and templates show its form to admins alone.
admin = Section("admin", __name__, access=READS_ALL, prefix="/admin")
PLACES = (
    Group(
        "list",
        None,
        (Tab("overview", "admin.show_overview", lazy_gettext("Overview")),),
    ),
    Group(
        "wallet",
        lazy_gettext("Money in and out"),
        (
            Tab("payouts", "admin.list_payouts", lazy_gettext("Payouts")),
            Tab("findings", "admin.list_findings", lazy_gettext("Findings")),
            Tab("payees", "admin.list_payees", lazy_gettext("Names of payees")),
            Tab("deductions", "admin.list_deductions", lazy_gettext("Tax and fees")),
            Tab("batches", "admin.list_batches", lazy_gettext("Batches")),
            Tab("refunds", "admin.list_refunds", lazy_gettext("Refunds")),
            Tab("disputes", "admin.list_disputes", lazy_gettext("Disputes")),
            Tab("plans", "admin.list_plans", lazy_gettext("Commission plans")),
        ),
    ),
    Group(
        "basket",
        lazy_gettext("Goods and deals"),
        (
            Tab("orders", "admin.list_orders", lazy_gettext("Orders")),
            Tab("products", "admin.list_products", lazy_gettext("Products")),
            Tab("stock", "admin.list_stock", lazy_gettext("Stock")),
            Tab("deal_offers", "admin.list_deal_offers", lazy_gettext("Deals for some")),
            Tab("sessions", "admin.list_sessions", lazy_gettext("Flash sessions")),
            Tab("lead", "leader.list_deals", lazy_gettext("Desk of deals")),
        ),
    ),
    Group(
        "me",
        lazy_gettext("Members"),
        (
            Tab("members", "admin.list_members", lazy_gettext("Members")),
            Tab("leading", "admin.list_applications", lazy_gettext("Applications")),
            Tab("publishers", "admin.list_publishers", lazy_gettext("Publishers")),
            Tab("tiers", "admin.list_tiers", lazy_gettext("Tiers")),
            Tab("memberships", "admin.list_offers", lazy_gettext("Paid membership")),
        ),
    ),
    Group(
        "star",
        lazy_gettext("Bringing people back"),
        (
            Tab("points", "admin.show_points", lazy_gettext("Points")),
            Tab("coupons", "admin.list_coupons", lazy_gettext("Coupons")),
            Tab("missions", "admin.list_missions", lazy_gettext("Missions")),
            Tab("surveys", "admin.list_surveys", lazy_gettext("Surveys")),
            Tab("campaigns", "admin.list_campaigns", lazy_gettext("Campaigns")),
        ),
    ),
    Group(
        "rooms",
        lazy_gettext("Community"),
        (
            Tab("posts", "admin.list_posts", lazy_gettext("Reviews")),
            Tab("reports", "admin.list_reports", lazy_gettext("Reports")),
            Tab("questions", "admin.list_questions", lazy_gettext("Questions")),
            Tab("rules", "admin.show_rules", lazy_gettext("Rules of behaviour")),
        ),
    ),
    Group(
        "scale",
        lazy_gettext("Books"),
        (
            Tab("books", "admin.show_books", lazy_gettext("Trial balance")),
            Tab("entries", "admin.list_entries", lazy_gettext("Ledger")),
            Tab("owed", "admin.show_owed", lazy_gettext("Owed and due")),
            Tab("income", "admin.show_income", lazy_gettext("Revenue and expense")),
            Tab("proof", "admin.show_proof", lazy_gettext("Proof of the books")),
            Tab("reconciliation", "admin.show_reconciliation", lazy_gettext("Payment providers")),
            Tab("record", "admin.show_record", lazy_gettext("Record")),
        ),
    ),
    Group(
        "pulse",
        lazy_gettext("The house"),
        (
            Tab("health", "admin.show_health", lazy_gettext("Health")),
            Tab("mails", "admin.list_mails", lazy_gettext("Mails")),
            Tab("caps", "admin.show_caps", lazy_gettext("How much a member is told")),
            Tab("webhooks", "admin.list_webhooks", lazy_gettext("Webhooks")),
        ),
    ),
)


@admin.context_processor
def _looked_for() -> dict[str, object]:
    """What a list's filters say, as the form that shows them again."""
    return {"looked_for": Form(request.args.to_dict())}
