"""The admins' desk; finance reads it."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext

from socialshop.pages.forms import Form
from socialshop.pages.section import Section
from socialshop.pages.tabs import Tab
from socialshop.web.auth import READS_ALL

# Every action that moves anything says `access=ADMINS`, and templates show its form to admins alone.
admin = Section("admin", __name__, access=READS_ALL, prefix="/admin")
TABS = (
    Tab("overview", "admin.show_overview", "list", lazy_gettext("Overview")),
    Tab("payouts", "admin.list_payouts", "wallet", lazy_gettext("Payouts")),
    Tab("findings", "admin.list_findings", "shield", lazy_gettext("Findings")),
    Tab("batches", "admin.list_batches", "check", lazy_gettext("Batches")),
    Tab("orders", "admin.list_orders", "shop", lazy_gettext("Orders")),
    Tab("refunds", "admin.list_refunds", "back", lazy_gettext("Refunds")),
    Tab("plans", "admin.list_plans", "chart", lazy_gettext("Plans")),
    Tab("points", "admin.show_points", "star", lazy_gettext("Points")),
    Tab("campaigns", "admin.list_campaigns", "chart", lazy_gettext("Campaigns")),
    Tab("surveys", "admin.list_surveys", "list", lazy_gettext("Surveys")),
    Tab("missions", "admin.list_missions", "check", lazy_gettext("Missions")),
    Tab("coupons", "admin.list_coupons", "star", lazy_gettext("Coupons")),
    Tab("deal_offers", "admin.list_deal_offers", "basket", lazy_gettext("Deals for some")),
    Tab("tiers", "admin.list_tiers", "star", lazy_gettext("Tiers")),
    Tab("memberships", "admin.list_offers", "star", lazy_gettext("Paid membership")),
    Tab("posts", "admin.list_posts", "list", lazy_gettext("Reviews")),
    Tab("reports", "admin.list_reports", "shield", lazy_gettext("Reports")),
    Tab("questions", "admin.list_questions", "me", lazy_gettext("Questions")),
    Tab("products", "admin.list_products", "basket", lazy_gettext("Products")),
    Tab("sessions", "admin.list_sessions", "pulse", lazy_gettext("Flash sessions")),
    Tab("stock", "admin.list_stock", "basket", lazy_gettext("Stock")),
    Tab("leading", "admin.list_applications", "me", lazy_gettext("Applications")),
    Tab("members", "admin.list_members", "me", lazy_gettext("Members")),
    Tab("proof", "admin.show_proof", "scale", lazy_gettext("Books")),
    Tab("health", "admin.show_health", "pulse", lazy_gettext("Health")),
    Tab("record", "admin.show_record", "shield", lazy_gettext("Record")),
)


@admin.context_processor
def _looked_for() -> dict[str, object]:
    """What a list's filters say, as the form that shows them again."""
    return {"looked_for": Form(request.args.to_dict())}
