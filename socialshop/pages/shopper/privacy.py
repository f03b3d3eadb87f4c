"""The privacy centre: consents, all that the shop holds of a member, who looked, and leaving for good."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, flash, make_response, render_template, url_for
from flask_babel import gettext, lazy_gettext

from socialshop.identity import service as identity
from socialshop.identity.service import LONGEST_PASSWORD, Document, WrongPassword
from socialshop.kernel.ids import to_public
from socialshop.pages import cookies
from socialshop.pages.section import go_to, go_to_address
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.privacy import service as privacy
from socialshop.web import limits

_ROWS_A_TABLE = 10
DOCUMENTS = {
    Document.TERMS: (lazy_gettext("The terms"), lazy_gettext("What membership rests on.")),
    Document.NAMES: (
        lazy_gettext("Your name in your team"),
        lazy_gettext(
            "Whoever invited you, and your team, see your name. Otherwise they see that somebody joined."
            " A link that you share says who invites."
        ),
    ),
    Document.PERSONALISATION: (
        lazy_gettext("Goods chosen for you"),
        lazy_gettext("What you bought may decide what you are shown first, and counts for others without your name."),
    ),
    Document.MARKETING: (
        lazy_gettext("Offers by mail"),
        lazy_gettext("The shop may write to you when there is an offer."),
    ),
}
# What tables and looks are called; a new one shows under its own name until it has a title here.
TABLES: Mapping[str, Any] = {
    "members": lazy_gettext("Membership"),
    "member_profiles": lazy_gettext("Profile"),
    "member_birthdays": lazy_gettext("Birthday"),
    "notice_habits": lazy_gettext("Quiet hours and digest"),
    "member_credentials": lazy_gettext("Password"),
    "member_phones": lazy_gettext("Phone to sign in by"),
    "member_passkeys": lazy_gettext("Passkeys"),
    "member_totp": lazy_gettext("Authenticator app"),
    "recovery_codes": lazy_gettext("Recovery codes"),
    "passkey_challenges": lazy_gettext("Passkeys"),
    "phone_codes": lazy_gettext("Codes sent to a phone"),
    "member_sessions": lazy_gettext("Devices signed in"),
    "member_consents": lazy_gettext("Consents"),
    "member_claims": lazy_gettext("Claim to the account"),
    "member_tokens": lazy_gettext("Links sent by mail"),
    "referral_nodes": lazy_gettext("Place in the team"),
    "sponsor_corrections": lazy_gettext("Corrected places"),
    "member_imports": lazy_gettext("Import"),
    "invite_links": lazy_gettext("Invite links"),
    "invite_clicks": lazy_gettext("Links followed"),
    "invite_visitors": lazy_gettext("Browsers recognised"),
    "attributions": lazy_gettext("How you came"),
    "orders": lazy_gettext("Orders"),
    "member_addresses": lazy_gettext("Your addresses"),
    "order_addresses": lazy_gettext("Where orders went"),
    "refunds": lazy_gettext("Refunds"),
    "payments": lazy_gettext("Payments"),
    "payment_disputes": lazy_gettext("Payments that your bank took back"),
    "payment_mandates": lazy_gettext("Leave to be charged again"),
    "rooms": lazy_gettext("Rooms hosted"),
    "seats": lazy_gettext("Seats"),
    "deal_invitations": lazy_gettext("Deals offered to you"),
    "storefronts": lazy_gettext("Your storefront"),
    "shop_pictures": lazy_gettext("The banner of your storefront"),
    "flash_sessions": lazy_gettext("Flash sessions that you opened"),
    "flash_session_reminders": lazy_gettext("Flash sessions that you want to be told of"),
    "leader_applications": lazy_gettext("Applications to lead"),
    "publishers": lazy_gettext("Your site as a publisher"),
    "publisher_channels": lazy_gettext("Channels of yours that the shop listed"),
    "tallies": lazy_gettext("Clicks and views that pay"),
    "disallowances": lazy_gettext("Clicks and views struck out"),
    "leader_goods_chosen": lazy_gettext("Goods opened to you"),
    "bargains": lazy_gettext("Bargains started"),
    "bargain_chops": lazy_gettext("Chops for friends"),
    "room_events": lazy_gettext("What happened in rooms"),
    "accruals": lazy_gettext("Commissions"),
    "commission_plan_drafts": lazy_gettext("Plans drafted"),
    "ledger_accounts": lazy_gettext("Wallet movements"),
    "payout_destinations": lazy_gettext("Where money may go"),
    "payees": lazy_gettext("By which name you are paid"),
    "payee_checks": lazy_gettext("Checks of your name"),
    "payee_decisions": lazy_gettext("Decisions about your name"),
    "tax_certificates": lazy_gettext("Certificates of tax"),
    "payout_requests": lazy_gettext("Payouts"),
    "payout_decisions": lazy_gettext("Decisions about payouts"),
    "growth_entries": lazy_gettext("Growth"),
    "member_standings": lazy_gettext("Tier"),
    "tier_changes": lazy_gettext("Changes of tier"),
    "benefit_uses": lazy_gettext("Benefits used"),
    "plan_subscriptions": lazy_gettext("Membership plans"),
    "plan_charges": lazy_gettext("Fees of plans"),
    "plan_gifts": lazy_gettext("Plans given"),
    "plan_seats": lazy_gettext("Plans shared"),
    "plan_months": lazy_gettext("Months of plans"),
    "partner_vouchers": lazy_gettext("Partners' vouchers"),
    "plan_trials": lazy_gettext("Trials of plans"),
    "point_lots": lazy_gettext("Points earned"),
    "point_uses": lazy_gettext("Points used"),
    "point_members": lazy_gettext("Check-ins"),
    "point_counters": lazy_gettext("Caps of points"),
    "coupon_codes": lazy_gettext("Codes of coupons"),
    "coupon_holdings": lazy_gettext("Coupons"),
    "loyalty_sales": lazy_gettext("Purchases that count"),
    "mission_progress": lazy_gettext("Missions"),
    "survey_answers": lazy_gettext("Surveys"),
    "survey_replies": lazy_gettext("Answers to surveys"),
    "board_rows": lazy_gettext("Places on boards"),
    "board_names": lazy_gettext("Named on boards"),
    "campaign_members": lazy_gettext("Campaigns"),
    "reward_redemptions": lazy_gettext("Rewards asked for"),
    "circle_members": lazy_gettext("Circles you joined"),
    "circle_notices": lazy_gettext("What you told your circle"),
    "member_limits": lazy_gettext("What you might not do for a while"),
    "reports": lazy_gettext("What you reported"),
    "standing_decisions": lazy_gettext("Decisions about behaviour"),
    "rules_readings": lazy_gettext("Rules you have read"),
    "questions": lazy_gettext("Questions to the shop"),
    "question_messages": lazy_gettext("What was said in questions"),
    "posts": lazy_gettext("Reviews and notes"),
    "post_pictures": lazy_gettext("Pictures of reviews and notes"),
    "notices": lazy_gettext("Notices"),
    "notice_opt_outs": lazy_gettext("Notices you declined"),
    "mails": lazy_gettext("Mails"),
    "plan_simulations": lazy_gettext("Simulations of commission plans"),
    "deals": lazy_gettext("Deals opened"),
    "suggestions": lazy_gettext("Goods chosen for you"),
    "audit_entries": lazy_gettext("Record of deeds"),
    "ledger_closed_days": lazy_gettext("Days of the books that you closed"),
    "ledger_closed_months": lazy_gettext("Months of the books that you closed"),
    "data_looks": lazy_gettext("Who looked"),
    "member_signals": lazy_gettext("Marks of what you came with"),
}
LOOKS: Mapping[str, Any] = {
    "list_entries": lazy_gettext("your entries in the books"),
    "show_payout_trail": lazy_gettext("where a payout of yours came from"),
    "show_order_trail": lazy_gettext("where the money of an order went"),
    "show_account_statement": lazy_gettext("an account of yours in the books"),
    "show_member": lazy_gettext("your membership"),
    "show_branch": lazy_gettext("your team"),
    "show_order_address": lazy_gettext("where an order goes"),
    "show_order": lazy_gettext("an order"),
    "show_order_commissions": lazy_gettext("commissions on an order"),
    "show_refund": lazy_gettext("a refund"),
    "show_payout": lazy_gettext("a payout"),
    "show_payout_request": lazy_gettext("a payout"),
    "explain": lazy_gettext("a commission"),
    "show_redemption": lazy_gettext("a reward asked for"),
    "show_report": lazy_gettext("a report about you"),
    "show_publisher": lazy_gettext("what your links brought as a publisher"),
    "list_publisher_channels": lazy_gettext("your channels as a publisher"),
    "show_risk_finding": lazy_gettext("a finding about you"),
    "show_decision": lazy_gettext("a decision about you"),
    "show_question": lazy_gettext("a question of yours"),
    "judge_post": lazy_gettext("a review or note"),
    "show_moderated_post": lazy_gettext("a review or note"),
    "show_batch": lazy_gettext("a batch of payouts"),
    "show_payout_batch": lazy_gettext("a batch of payouts"),
    "take_file": lazy_gettext("the file of payouts for the bank"),
    "download_payout_file": lazy_gettext("the file of payouts for the bank"),
}
KINDS: Mapping[str, Any] = {
    "bargain_marks": lazy_gettext("Devices and networks that chopped a price"),
    "room_events": lazy_gettext("What happened in rooms"),
    "deal_invitations": lazy_gettext("Deals offered to you"),
    "notices_and_mails": lazy_gettext("Notices and mails"),
    "webhooks_sent": lazy_gettext("Events told to other systems"),
    "payment_notices": lazy_gettext("Messages of payment providers"),
    "invite_clicks": lazy_gettext("Links followed"),
    "invite_click_days": lazy_gettext("What a day brought a link"),
    "invite_visitors": lazy_gettext("Browsers recognised"),
    "banner_views": lazy_gettext("Banners seen"),
    "banner_view_days": lazy_gettext("How often a banner was seen on a day"),
    "leader_applications": lazy_gettext("Applications to lead"),
    "plan_simulations": lazy_gettext("Simulations of commission plans"),
    "commission_counters": lazy_gettext("Counters of commissions that stand at nothing"),
    "subtree_crossings": lazy_gettext("When teams were as large as the law counts"),
    "ledger_closed_days": lazy_gettext("Days of the books that you closed"),
    "ledger_closed_months": lazy_gettext("Months of the books that you closed"),
    "data_looks": lazy_gettext("Who looked"),
    "member_signals": lazy_gettext("Marks of devices, networks, addresses, phones and accounts"),
    "payout_accounts_of_former_members": lazy_gettext("Accounts to which money of former members went"),
    "payout_notes": lazy_gettext("What reviewers noted about payouts"),
}
_WHO = {"admin": lazy_gettext("An admin"), "finance": lazy_gettext("Somebody of finance")}


@shopper.page("/privacy", tab="me")
def show_privacy(visit: Visit) -> str:
    """What is agreed to, how long things are kept, and the way to everything else."""
    return render_template(
        "shopper/privacy.html",
        consents=[(c, *DOCUMENTS[c.document]) for c in identity.consents_of(visit.uow, visit.caller.member_id)],
        kept=[(KINDS.get(kept.kind, kept.kind), kept.days(visit.settings)) for kept in privacy.RETENTION],
    )


@shopper.action("/privacy/consents", again="show_privacy")
def decide_consent(visit: Visit) -> Response:
    """Agree to something, or no longer."""
    form = visit.form
    document = form.choice("document", [document.value for document in Document])
    given = form.choice("given", ("yes", "no")) == "yes"
    form.check()
    identity.decide_consent(visit.uow, visit.caller.member_id, Document(document), given=given)
    flash(gettext("Kept."))
    return go_to("shopper.show_privacy")


@shopper.page("/privacy/data", tab="me", isolation="REPEATABLE READ")
def show_data(visit: Visit) -> str:
    """All that the shop holds of the member, the first rows of each kind."""
    parts = privacy.glance_at(visit.uow, visit.caller.member_id, _ROWS_A_TABLE)
    return render_template("shopper/my_data.html", parts=[(TABLES.get(part.table, part.table), part) for part in parts])


@shopper.page("/privacy/data.json", isolation="REPEATABLE READ")
def take_data(visit: Visit) -> Response:
    """The whole of it, for machines."""
    answer = make_response(privacy.export_of(visit.uow, visit.caller.member_id))
    answer.headers["Content-Type"] = "application/json"
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@shopper.page("/privacy/looks", tab="me")
def show_looks(visit: Visit) -> str:
    """Who of the shop looked at the member's data, the newest first."""
    after = visit.after()
    found = privacy.looks_at(visit.uow, visit.caller.member_id, after.int if after else None, PAGE_ROWS + 1)
    rows, following = cut(found, lambda row: uuid.UUID(int=row.id))
    looks = [(row.looked_at, _WHO.get(row.role, _WHO["admin"]), LOOKS.get(row.saw, row.saw)) for row in rows]
    return render_template("shopper/looks.html", looks=looks, next=following)


@shopper.page("/privacy/leave", tab="me")
def show_leave(visit: Visit) -> str:
    """What leaving means, and the form that does it."""
    return render_template("shopper/leave.html", lost=privacy.leaving_of(visit.uow, visit.caller.number))


@shopper.action("/privacy/leave", again="show_leave")
def leave(visit: Visit) -> Response:
    """Leave for good; the password shows that it is the member who asks."""
    form = visit.form
    password = form.secret("password", longest=LONGEST_PASSWORD)
    if not form.is_ticked("sure"):
        form.errors["sure"] = gettext("Say that you mean it.")
    form.check()
    whose = to_public("mbr", visit.caller.member_id)
    try:
        with limits.counted(whose, WrongPassword):
            identity.check_own_password(visit.uow, visit.caller.member_id, password)
    except WrongPassword:
        form.errors["password"] = gettext("This is not your password.")
        form.refuse()
    privacy.erase(visit.uow, visit.caller.member_id, gives_up=form.is_ticked("gives_up"))
    answer = go_to_address(url_for("shopper.shop_front"))
    cookies.drop_session(answer)
    flash(gettext("You have left. Nothing here tells who you were."))
    return answer
