"""Refusals of the shop as a member reads them: a sentence a code; a refused value by its own sentence."""

from __future__ import annotations

from flask_babel import get_locale, gettext, lazy_gettext

from socialshop.kernel.errors import DomainError

# By code. What scripts alone can meet has no sentence here: a test names them.
SENTENCES = {
    "already_seated": lazy_gettext("You have a seat in this room."),
    "already_written": lazy_gettext("You wrote about this before. You can write it anew under What you wrote."),
    "already_signs_in": lazy_gettext("This member has a password and signs in already."),
    "amount_too_large": lazy_gettext("That is more than is left to give back; requests that wait count too."),
    "batch_changed": lazy_gettext("The batch is no longer what was frozen. Nothing was paid; tell an engineer."),
    "batch_not_released": lazy_gettext("The batch has not been released."),
    "birthday_kept": lazy_gettext("A birthday is changed once a year. If yours is wrong, write to the shop."),
    "campaign_drawn": lazy_gettext("The groups of the campaign are fixed."),
    "campaign_too_late": lazy_gettext("The start of the campaign is over, or it was cancelled."),
    "claim_refused": lazy_gettext("This link to claim an account is no longer good. Ask the shop for a new one."),
    "coupon_unusable": lazy_gettext("This coupon cannot be used here, or not any more."),
    "code_not_valid": lazy_gettext("This code is not good, or no longer. Look again, or ask for another one."),
    "deal_not_live": lazy_gettext("The deal has not begun yet, or is over."),
    "deal_paused": lazy_gettext("The deal is paused. Try again once it goes on."),
    "effective_at_before_order": lazy_gettext("Orders were placed after that instant: a plan never reaches back."),
    "effective_at_taken": lazy_gettext("Another version comes into force at that very instant."),
    "effective_at_too_early": lazy_gettext("A programme begins now or later, and after the last one."),
    "email_taken": lazy_gettext("Somebody signs in with this e-mail address already."),
    "file_refused": lazy_gettext("This file is no such table: UTF-8, commas, and a first line that names the columns."),
    "forbidden": lazy_gettext("Your account may not do this."),
    "idempotency_in_progress": lazy_gettext("This was sent a moment ago and is being done."),
    "idempotency_key_reused": lazy_gettext("This form was sent before with other content. Load the page again."),
    "insufficient_balance": lazy_gettext("Your available balance is smaller than that."),
    "invite_code_unknown": lazy_gettext("No invite link has this code."),
    "member_limit_reached": lazy_gettext("You have as many of these as one member may have."),
    "not_found": lazy_gettext("Perhaps the address is incomplete, or what was here is gone."),
    "money_left": lazy_gettext("Your wallet holds money. Have it paid out, or say that you give it up."),
    "nothing_to_pay": lazy_gettext("No approved request waits for this channel."),
    "nothing_to_refund": lazy_gettext("Everything has been given back, or was asked back already."),
    "order_not_confirmed": lazy_gettext("The money of this order has not been taken yet."),
    "order_not_shipped": lazy_gettext("The goods are not on their way yet."),
    "orders_are_landing": lazy_gettext("Orders keep coming in. Try again in a moment."),
    "out_of_stock": lazy_gettext("Not so many are left."),
    "password_link_refused": lazy_gettext("Only who signs in with a password gets such a link, and no admin does."),
    "payment_provider_unavailable": lazy_gettext("This way to pay is not set up here."),
    "payout_file_refused": lazy_gettext(
        "The batch cannot be such a file: it needs your account, pays to IBANs alone, and no account may be erased."
    ),
    "payout_not_open": lazy_gettext("The payout request has moved on meanwhile."),
    "payout_underway": lazy_gettext("A payout is on its way. Take it back, or wait until it has ended."),
    "plan_invalid": lazy_gettext("The plan is not complete."),
    "plan_refused": lazy_gettext("The rules of the country do not allow this plan as it is."),
    "picture_refused": lazy_gettext("This is no JPEG, PNG or WebP, or it has more than 4 MB."),
    "post_changed": lazy_gettext("Its author wrote it anew meanwhile. Read it again."),
    "post_decided": lazy_gettext("It was decided about, or taken back, meanwhile."),
    "poster_unavailable": lazy_gettext("This shop cannot draw posters. Use the QR code of the link."),
    "phone_taken": lazy_gettext("Somebody signs in by this phone already."),
    "phones_unavailable": lazy_gettext("This shop sends no text messages."),
    "point_rules_taken": lazy_gettext("Other rules of points come into force at that very instant."),
    "plan_held": lazy_gettext("You have a plan. Upgrade it, pay its renewal, or let it run out."),
    "plan_no_upgrade": lazy_gettext("This costs no more than what is left of your term is worth."),
    "plan_not_active": lazy_gettext("This plan does not run."),
    "plan_not_offered": lazy_gettext("This plan is not on sale for this term."),
    "plan_not_refundable": lazy_gettext("Nothing of this term can be given back."),
    "trial_used": lazy_gettext("There is no trial for you: a member has one once."),
    "family_full": lazy_gettext("Every seat of this plan is taken, or it is for one."),
    "family_taken": lazy_gettext("You share a plan already."),
    "gift_not_ready": lazy_gettext("The gift is not paid yet, or somebody has redeemed it."),
    "plan_link_gone": lazy_gettext("This link gives nothing any more. Ask whoever sent it for another."),
    "voucher_gone": lazy_gettext("None of these vouchers is left. Look again later."),
    "reward_changed": lazy_gettext("Something else is left of it by now. Look again."),
    "self_adjustment": lazy_gettext("Somebody else adjusts your own points."),
    "sign_in_again": lazy_gettext("It is long since you signed in. Sign in again first."),
    "points_short": lazy_gettext("You have fewer points than this takes."),
    "proof_running": lazy_gettext("The books are being recomputed for somebody else. Try again in a moment."),
    "redemption_decided": lazy_gettext("This redemption was decided the other way."),
    "refund_decided": lazy_gettext("This refund was decided the other way."),
    "refund_exceeds_capture": lazy_gettext("That is more than was paid."),
    "released_by_approver": lazy_gettext("Somebody who approved none of the requests must release the batch."),
    "released_by_requester": lazy_gettext("Somebody who asked for none of the payouts must release the batch."),
    "result_conflict": lazy_gettext("The payout has another result already."),
    "reward_gone": lazy_gettext("Nothing of it is left, or it is no longer offered."),
    "reward_limit_reached": lazy_gettext("You had as many of it as one member may have."),
    "results_refused": lazy_gettext("Some lines cannot be right. Nothing of the file was taken."),
    "room_closed": lazy_gettext("The room is over."),
    "room_full": lazy_gettext("Every seat of the room is taken."),
    "seat_paid": lazy_gettext("The seat is paid. If the room does not fill, the money comes back by itself."),
    "self_approval": lazy_gettext("Nobody decides about their own payout, or one of an account they opened by a link."),
    "survey_answered": lazy_gettext("You answered this survey before."),
    "survey_closed": lazy_gettext("The survey is over."),
    "tier_required": lazy_gettext("This deal is for members of a higher tier. Your card says what is missing."),
    "self_decision": lazy_gettext("Nobody decides about what is their own."),
    "terms_needed": lazy_gettext("Membership rests on the terms. To withdraw them, leave the shop."),
    "token_not_valid": lazy_gettext("This link was used or is too old. Ask for another mail."),
    "too_many_attempts": lazy_gettext("Too many tries failed. Wait a quarter of an hour."),
    "wrong_password": lazy_gettext("This is not your password."),
    "wrong_credentials": lazy_gettext("No member signs in with this e-mail and password."),
}
# What a value may be, word for word as the rules say it: translated by that very sentence.
VALUES = (
    lazy_gettext("not an e-mail address"),
    lazy_gettext("a password has 8 to 200 characters"),
    lazy_gettext("a name has 1 to 60 visible characters"),
    lazy_gettext("no such day"),
    lazy_gettext("a phone number with its country, such as +86 138 0000 0000"),
    lazy_gettext("nobody was born in that year"),
    lazy_gettext("not an IANA time zone such as Asia/Shanghai"),
    lazy_gettext("no card number: 16 to 19 digits whose check digit fits"),
    lazy_gettext("no IBAN of its country whose check digits fit, nor a card number"),
    lazy_gettext("an Alipay account is a mobile number, an e-mail or a user id"),
    lazy_gettext("a WeChat account is an id of 6 to 20 characters or an OpenID"),
    lazy_gettext("a holder's name has 1 to 100 visible characters"),
    lazy_gettext("together a unit must cost less than alone"),
    lazy_gettext("so many units cost more than 10^12 minor units"),
    lazy_gettext("so few points pay nothing of this price"),
    lazy_gettext("a review has 1 to 2000 characters, a note 1 to 10000"),
    lazy_gettext("a title has 1 to 80 characters"),
    lazy_gettext("a rating is a whole number from 1 to 5"),
    lazy_gettext("choose at least one of the types of events that there are"),
    lazy_gettext("an address such as https://example.com/hooks is wanted"),
    lazy_gettext("this address is not one of the public internet"),
    lazy_gettext("the end must be later than the beginning"),
)


def sentence_of(error: DomainError) -> str:
    """What is told of a refusal."""
    if error.code in SENTENCES:
        return str(SENTENCES[error.code])
    said: str = gettext(error.detail)
    if said == error.detail and str(get_locale()) != "en":
        return str(gettext("This is not allowed here."))
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "。")) else str(gettext(".")))
