"""Payout requests: the queue, and a case with its evidence beside the sum."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import get_args

from flask import Response, flash, render_template, request
from flask_babel import gettext, lazy_gettext

from socialshop.commissions import service as commissions
from socialshop.invites import service as invites
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import BPS, Money
from socialshop.notifications.reasons import REASONS, PayoutReason
from socialshop.orders import service as orders
from socialshop.pages import lineage, rings
from socialshop.pages.admin.people import names_by_id, names_by_number
from socialshop.pages.admin.proving import prove, wanted
from socialshop.pages.admin.section import admin
from socialshop.pages.formats import instant, money, why
from socialshop.pages.section import go_to
from socialshop.pages.shopper.earnings import told_steps
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.payouts import service as payouts
from socialshop.payouts.rules import LONGEST_REASON, Channel
from socialshop.payouts.service import UNDECIDED, Evidence, Queued, Request, Sort, Wanted
from socialshop.web.auth import ADMINS

_REQUEST = {"request_id": "por"}
_OTHERS_SHOWN = 5
CHANNELS = {"bank": lazy_gettext("Bank"), "alipay": lazy_gettext("Alipay"), "wechat": lazy_gettext("WeChat")}
# What the queue may show: a person decides about those that wait.
_SHOWN = {
    "waiting": (lazy_gettext("to decide"), UNDECIDED),
    "submitted": (lazy_gettext("not looked at yet"), ("submitted",)),
    "held": (lazy_gettext("on hold"), ("held",)),
    "approved": (lazy_gettext("approved"), ("approved",)),
    "batched": (lazy_gettext("being paid"), ("batched",)),
    "paid": (lazy_gettext("paid"), ("paid",)),
    "ended": (
        lazy_gettext("refused, failed, sent back or taken back"),
        ("rejected", "failed", "returned", "cancelled"),
    ),
    "all": (lazy_gettext("all"), ()),
}


# Hours that a request waits at least.
_AGES = {"24": lazy_gettext("one day"), "72": lazy_gettext("three days"), "168": lazy_gettext("seven days")}
_LATE = "late"
RISKS = {"none": lazy_gettext("nothing found"), "warning": lazy_gettext("warning"), "severe": lazy_gettext("severe")}


@admin.page("/payouts", tab="payouts")
def list_payouts(visit: Visit) -> str:
    """The queue: what waits first, the oldest first."""
    hours = payouts.payout_rules(visit.uow).rules.target_hours.model_dump()
    wanted = queue_wanted(visit, hours)
    found = payouts.queue(visit.uow, wanted, limit=PAGE_ROWS + 1, after=visit.after())
    rows, after = cut(found, lambda row: row.request.id)
    return render_template(
        "admin/payouts.html",
        rows=rows,
        next=after,
        sort=wanted.sort,
        now=visit.uow.now,
        me=visit.caller.member_id,
        ages=_AGES | {_LATE: gettext("too long for its risk")},
        late=_late(found, hours, visit.uow.now),
        risks=RISKS,
        statuses=[(name, words) for name, (words, _) in _SHOWN.items()],
        channels=CHANNELS,
    )


def queue_wanted(visit: Visit, hours: Mapping[str, int]) -> Wanted:
    """The requests that the address asks for; what the queue does not know is left out.

    `hours` is how long each risk may wait.
    """
    said = request.args
    sort: Sort = next((known for known in get_args(Sort) if known == said.get("sort")), "submitted")
    least = said.get("age") if said.get("age") in _AGES else None
    return Wanted(
        statuses=_SHOWN.get(said.get("status", "waiting"), _SHOWN["waiting"])[1],
        channel=said.get("channel") if said.get("channel") in set(Channel) else None,
        name=said.get("name", "").strip() or None,
        sort=sort,
        before=visit.uow.now - timedelta(hours=int(least)) if least else None,
        late=hours if said.get("age") == _LATE else None,
        currency=said.get("currency", "").strip().upper() or None,
        risk=said.get("risk") if said.get("risk") in RISKS else None,
        first=said.get("first") == "yes",
        claimed_by=visit.caller.member_id if said.get("mine") == "yes" else None,
    )


@admin.page("/payouts/<request_id>", ids=_REQUEST, tab="payouts", isolation="REPEATABLE READ", sees="request_id")
def show_payout(visit: Visit) -> str:
    """A request with all that a decision needs."""
    evidence = payouts.evidence(visit.uow, visit.ids["request_id"])
    case, reversals = evidence.request, evidence.reversals
    behind = _behind(visit, evidence)
    ringed = _rings(visit, behind)
    return render_template(
        "admin/payout.html",
        evidence=evidence,
        case=case,
        behind=behind,
        rings=ringed,
        bows=rings.bows(ringed, {spot.number: spot for spot in behind.spots}) if behind else [],
        people=names_by_number(visit.uow, [spot.number for spot in behind.spots]) if behind else {},
        before=_before(visit, case),
        beside=payouts.neighbours(visit.uow, visit.ids["request_id"]),
        names=names_by_id(visit.uow, [entry.actor for entry in evidence.history]),
        reversed_bps=reversals.reversed * BPS // reversals.accruals if reversals.accruals else 0,
        is_open=case.status in (*UNDECIDED, "approved"),
        is_own=case.member_id == visit.caller.member_id,
        has_opened=payouts.has_opened(visit.uow, visit.caller.member_id, case),
        claim=payouts.claim_on(visit.uow, visit.ids["request_id"]),
        me=visit.caller.member_id,
        hold_reasons=reasons_to("hold"),
        reject_reasons=reasons_to("reject"),
        channels=CHANNELS,
        proof=wanted(visit),
        now=visit.uow.now,
    )


@admin.page(
    "/payouts/<request_id>/commissions/<accrual_id>",
    ids={"request_id": "por", "accrual_id": "acr"},
    tab="payouts",
    sees="request_id",
)
def explain_accrual(visit: Visit) -> str:
    """Why a commission behind a request is what it is, step by step."""
    evidence = payouts.evidence(visit.uow, visit.ids["request_id"])
    found = commissions.explain(visit.uow, visit.ids["accrual_id"], evidence.request.member_number)
    told = told_steps(visit, found.steps)
    return render_template("admin/accrual.html", case=evidence.request, facts=found.facts, told=told)


@admin.action("/payouts/<request_id>/claim", access=ADMINS, again="show_payout", ids=_REQUEST)
def claim_payout(visit: Visit) -> Response:
    """Have the case for oneself for a while."""
    claimed = payouts.claim_case(visit.uow, actor=visit.caller.member_id, request_id=visit.ids["request_id"])
    flash(gettext("The case is yours until %(until)s.", until=instant(claimed.claimed_until)))
    return go_to("admin.show_payout", request_id=visit.path["request_id"])


@admin.action("/payouts/<request_id>/let-go", access=ADMINS, again="show_payout", ids=_REQUEST)
def let_payout_go(visit: Visit) -> Response:
    """Give the case up before the time."""
    payouts.let_go(visit.uow, actor=visit.caller.member_id, request_id=visit.ids["request_id"])
    flash(gettext("Given up: anybody may take the case."))
    return go_to("admin.show_payout", request_id=visit.path["request_id"])


@admin.action("/payouts/<request_id>/notes", access=ADMINS, again="show_payout", ids=_REQUEST)
def note_payout(visit: Visit) -> Response:
    """Tell colleagues something about the case without deciding it."""
    note = visit.form.text("case_note", longest=LONGEST_REASON)
    visit.form.check()
    payouts.note_case(visit.uow, actor=visit.caller.member_id, request_id=visit.ids["request_id"], note=note)
    flash(gettext("Noted in the history of the case."))
    return go_to("admin.show_payout", request_id=visit.path["request_id"])


@admin.action("/payouts/<request_id>/approve", access=ADMINS, again="show_payout", ids=_REQUEST)
def approve_payout(visit: Visit) -> Response:
    """Let it into the next batch, and on to who waits next."""
    prove(visit)
    note = _note(visit, "note")
    visit.form.check()
    decided = payouts.approve(visit.uow, actor=visit.caller.member_id, request_id=visit.ids["request_id"], note=note)
    flash(gettext("Approved: %(sum)s for %(name)s.", **_told(decided)))
    return _on(visit)


@admin.action("/payouts/<request_id>/hold", access=ADMINS, again="show_payout", ids=_REQUEST)
def hold_payout(visit: Visit) -> Response:
    """Set it aside, with a reason."""
    reason, note = _reason(visit, "hold"), _note(visit, "hold_note")
    visit.form.check()
    decided = payouts.hold(
        visit.uow, actor=visit.caller.member_id, request_id=visit.ids["request_id"], reason=reason, note=note
    )
    flash(gettext("On hold: %(sum)s for %(name)s.", **_told(decided)))
    return _on(visit)


@admin.action("/payouts/<request_id>/reject", access=ADMINS, again="show_payout", ids=_REQUEST)
def reject_payout(visit: Visit) -> Response:
    """Refuse it for good, with a reason."""
    reason, note = _reason(visit, "reject"), _note(visit, "reject_note")
    visit.form.check()
    decided = payouts.reject(
        visit.uow, actor=visit.caller.member_id, request_id=visit.ids["request_id"], reason=reason, note=note
    )
    flash(gettext("Refused: %(sum)s is back in the wallet of %(name)s.", **_told(decided)))
    return _on(visit)


@admin.action("/payouts/<request_id>/return", access=ADMINS, again="show_payout", ids=_REQUEST)
def return_payout(visit: Visit) -> Response:
    """The bank sent it back after it was paid."""
    reason = visit.form.text("return_reason", longest=LONGEST_REASON)
    visit.form.check()
    payouts.record_return(visit.uow, actor=visit.caller.member_id, request_id=visit.ids["request_id"], reason=reason)
    flash(gettext("Noted: the money is back in the wallet."))
    return go_to("admin.show_payout", request_id=visit.path["request_id"])


def reasons_to(act: str) -> list[tuple[str, str]]:
    """The reasons of the list that lead to `hold` or `reject`, in the reader's language."""
    return [
        (code.value, why(code)) for code, words in REASONS.items() if (words.holds if act == "hold" else words.rejects)
    ]


def _late(rows: Sequence[Queued], hours: Mapping[str, int], now: datetime) -> set[uuid.UUID]:
    """Those that nobody has looked at within their hours."""
    return {
        row.request.id
        for row in rows
        if row.request.status == "submitted"
        and row.request.submitted_at <= now - timedelta(hours=hours[row.beside.risk])
    }


def _reason(visit: Visit, act: str) -> PayoutReason:
    known = [code for code, _ in reasons_to(act)]
    said = visit.form.choice(f"{act}_reason", known)
    visit.form.check()
    return PayoutReason(said)


def _note(visit: Visit, name: str) -> str | None:
    return visit.form.text(name, longest=LONGEST_REASON, required=False) or None


def _behind(visit: Visit, evidence: Evidence) -> lineage.Picture | None:
    """Who bought what the sum came of, and who stood between at the sale; None where no commission stands behind it."""
    if not evidence.accruals:
        return None
    whose = evidence.request.member_number
    bought = orders.buyers_of(visit.uow, {part.order_id for part in evidence.accruals if part.order_id is not None})
    chains = [
        lineage.Chain(lineage.chain_to(whose, sale.buyer, sale.uplines), part.part_minor)
        for part in evidence.accruals
        if part.order_id is not None and (sale := bought.get(part.order_id)) is not None
    ]
    return lineage.draw(whose, chains)


def _rings(visit: Visit, behind: lineage.Picture | None) -> list[rings.Ring]:
    """Who of the people in the picture share an account or a browser, and so stand in a ring. Two statements."""
    numbers = [spot.number for spot in behind.spots] if behind else []
    if behind is None or len(numbers) == 1:
        return []
    ties = [rings.Tie("account", group) for group in payouts.sharing_an_account(visit.uow, numbers)]
    ties += [rings.Tie("browser", group) for group in invites.sharing_a_browser(visit.uow, numbers)]
    return rings.rings(behind.pairs, ties)


def _before(visit: Visit, case: Request) -> list[Request]:
    """The member's other requests, the newest first."""
    found = payouts.page_of(visit.uow, limit=_OTHERS_SHOWN, after=None, member_id=case.member_id)
    return [request for request in found if request.id != case.id][:_OTHERS_SHOWN]


def _told(decided: Request) -> dict[str, str]:
    amount = money(Money(decided.amount_minor, decided.currency))
    return {"sum": amount, "name": decided.member_name or to_public("mbr", decided.member_id)}


def _on(visit: Visit) -> Response:
    """On to the next that waits, then to the one before, then back to the queue."""
    beside = payouts.neighbours(visit.uow, visit.ids["request_id"])
    other = beside.next or beside.previous
    if other is None:
        return go_to("admin.list_payouts")
    return go_to("admin.show_payout", request_id=to_public("por", other))
