"""What runs by the clock, in words; the names are those of workers/schedule.py, and a test compares both."""

from __future__ import annotations

from flask_babel import lazy_gettext

from socialshop.pages.admin.section import admin

JOBS = {
    "release_lapsed_holds": lazy_gettext("Seats that nobody paid in time are let go"),
    "expire_rooms": lazy_gettext("Rooms whose time is over are ended"),
    "turn_sessions": lazy_gettext("Flash sessions begin and end"),
    "expire_bargains": lazy_gettext("Bargains whose time is over are ended"),
    "receive_overdue_orders": lazy_gettext("Goods long on their way count as received"),
    "complete_orders": lazy_gettext("Orders whose time to send back is over are completed"),
    "tell_low_stock": lazy_gettext("Low stock is told"),
    "reconcile_stock": lazy_gettext("Stock is compared with its moves"),
    "reconcile_rewards": lazy_gettext("Rewards are compared with their moves"),
    "poll_payments": lazy_gettext("Payments without an answer are asked after"),
    "read_provider_records": lazy_gettext("Records of payment providers read and compared"),
    "approve_payouts_by_rule": lazy_gettext("Payouts that the rule approves are approved"),
    "tell_overdue_payouts": lazy_gettext("Payouts that wait too long are told"),
    "judge_clicks": lazy_gettext("Clicks are judged and counted"),
    "judge_views": lazy_gettext("Views are judged and counted"),
    "tally_traffic": lazy_gettext("Clicks and views that earn are tallied"),
    "seal_ledger": lazy_gettext("The books are sealed"),
    "seal_audit": lazy_gettext("The record is sealed"),
    "settle": lazy_gettext("Commission whose time has come is settled"),
    "hand_out_coupons": lazy_gettext("Coupons are handed out"),
    "offer_deals": lazy_gettext("Deals for some are offered"),
    "expire_points": lazy_gettext("Points whose time is over end"),
    "warn_of_expiring_points": lazy_gettext("Members are warned of points that end"),
    "announce_campaigns": lazy_gettext("Campaigns are announced"),
    "give_campaign_coupons": lazy_gettext("Coupons of campaigns are given"),
    "write_boards": lazy_gettext("Boards are written"),
    "evaluate_tiers": lazy_gettext("Tiers are worked out"),
    "announce_plan_ends": lazy_gettext("Ends of paid memberships are announced"),
    "renew_plans": lazy_gettext("Paid memberships renew"),
    "retry_plan_charges": lazy_gettext("Charges of memberships are tried again"),
    "end_plans": lazy_gettext("Paid memberships end"),
    "retry_plan_refunds": lazy_gettext("Refunds of memberships are tried again"),
    "expire_plan_charges": lazy_gettext("Charges that nobody paid are given up"),
    "begin_plan_months": lazy_gettext("Months of memberships begin"),
    "recognise_plans": lazy_gettext("Income of memberships is booked day by day"),
    "compute_recommendations": lazy_gettext("Recommendations are worked out"),
    "count_places": lazy_gettext("Places in the tree are counted"),
    "prove_books": lazy_gettext("The books are proved"),
    "recount_teams": lazy_gettext("Figures of teams are counted anew"),
    "judge_everybody": lazy_gettext("Everybody is looked at by the rules of risk"),
    "expire_findings": lazy_gettext("Findings whose time is over pass"),
    "keep_heads": lazy_gettext("Heads of the books are kept"),
    "prune_outbox": lazy_gettext("Facts long handed on are cleared away"),
    "forget_history": lazy_gettext("Old history is forgotten"),
    "follow_merged": lazy_gettext("Accounts made one are followed up"),
    "finish_erasures": lazy_gettext("Members who leave are erased"),
    "purge_sessions": lazy_gettext("Old sign-ins are cleared away"),
    "purge_tokens": lazy_gettext("Old links of mails are cleared away"),
    "purge_phone_codes": lazy_gettext("Old codes of phones are cleared away"),
    "purge_passkey_challenges": lazy_gettext("Old tries of passkeys are cleared away"),
    "purge_claims": lazy_gettext("Old claims of accounts are cleared away"),
    "fold_digests": lazy_gettext("Notices are folded into digests"),
    "poll_webhooks": lazy_gettext("Webhooks are told"),
    "poll_mails": lazy_gettext("Mails are sent"),
    "poll_transfers": lazy_gettext("Payouts under way are looked at"),
    "poll_payees": lazy_gettext("Names of payees are checked"),
    "purge_idempotency": lazy_gettext("Stored answers of requests are cleared away"),
}


@admin.app_template_global()
def job_words(name: str) -> str:
    """What a job of the schedule does; one that has no words here by its own name."""
    return str(JOBS.get(name, name))
