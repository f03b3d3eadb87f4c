"""Batches: made from what is approved, released by another person, paid by file, ended by results."""

from __future__ import annotations

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext, lazy_gettext

from socialshop.identity import service as identity
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.pages.admin.payouts import CHANNELS
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.proving import prove, wanted
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.payouts import service as payouts
from socialshop.payouts.rules import LONGEST_REASON, LONGEST_REFERENCE, Channel
from socialshop.payouts.service import Apart, BatchItem, Outcome
from socialshop.payouts.transfers import transfer_gateways
from socialshop.web.auth import ADMINS

_BATCH = {"batch_id": "pob"}
_ADMINS_READ, _ADMINS_NAMED = 100, 5
# Why who looks may not release, said to themselves.
_RELEASE = {
    "released_by_approver": lazy_gettext("You approved some of these requests, so somebody else releases the batch."),
    "released_by_requester": lazy_gettext("You asked for some of this money, so somebody else releases the batch."),
}
# What a provider has, nobody tells of.
_UNDER_WAY = ("waiting", "sent")
_RESULTS = ("", "paid", "failed")


@admin.page("/batches", tab="batches")
def list_batches(visit: Visit) -> str:
    """What is approved and waits for a batch, by way; and all batches, the newest first."""
    found = payouts.batches(visit.uow, limit=PAGE_ROWS, after=visit.after())
    rows, after = cut(found, lambda batch: batch.id)
    names = names_by_id(visit.uow, [*(row.created_by for row in rows), *(row.released_by for row in rows)])
    approved = payouts.waiting_sums(visit.uow, ["approved"])
    return render_template(
        "admin/batches.html",
        batches=rows,
        next=after,
        names=names,
        approved=approved,
        channels=CHANNELS,
        now=visit.uow.now,
    )


@admin.action("/batches", access=ADMINS, again="list_batches", once=True)
def create_batch(visit: Visit) -> Response:
    """Freeze what is approved of one way and currency."""
    channel = visit.form.choice("channel", [channel.value for channel in Channel])
    currency = visit.form.text("currency", longest=3)
    visit.form.check()
    made = payouts.create_batch(visit.uow, actor=visit.caller.member_id, channel=Channel(channel), currency=currency)
    flash(gettext("Frozen. Somebody who approved none of it releases it now."))
    return go_to("admin.show_batch", batch_id=to_public("pob", made.batch.id))


@admin.page("/batches/<batch_id>", ids=_BATCH, tab="batches", sees="batch_id")
def show_batch(visit: Visit) -> str:
    """A batch: its frozen total, its items, and what became of each."""
    view = payouts.show_batch(visit.uow, visit.ids["batch_id"])
    names = names_by_id(
        visit.uow, [view.batch.created_by, view.batch.released_by, *(item.member_id for item in view.items)]
    )
    apart = payouts.kept_apart(visit.uow, view.batch.id, view.items)
    return render_template(
        "admin/batch.html",
        batch=view.batch,
        by_provider=any(item.transfer for item in view.items),
        under_way=_UNDER_WAY,
        items=view.items,
        names=names,
        channels=CHANNELS,
        goes_to_bank=view.batch.channel == Channel.BANK and visit.settings.payer_iban is not None,
        refusal=_RELEASE.get(refused.code) if (refused := apart.refusal(visit.caller.member_id)) else None,
        proof=wanted(visit),
        others=_others(visit, apart) if view.batch.status == "frozen" else [],
    )


def _others(visit: Visit, apart: Apart) -> list[str]:
    """Some who may release it besides who looks."""
    admins = identity.search(visit.uow, None, Role.ADMIN, None, _ADMINS_READ)
    others = [each for each in admins if each.id != visit.caller.member_id and apart.refusal(each.id) is None]
    return [each.display_name or to_public("mbr", each.id) for each in others[:_ADMINS_NAMED]]


@admin.action("/batches/<batch_id>/release", access=ADMINS, again="show_batch", once=True, ids=_BATCH)
def release_batch(visit: Visit) -> Response:
    """Let the money go, as somebody who neither approved nor asked for any of it."""
    prove(visit)
    released = payouts.release_batch(
        visit.uow, actor=visit.caller.member_id, batch_id=visit.ids["batch_id"], by_provider=transfer_gateways()
    )
    if released.batch.channel in transfer_gateways():
        flash(gettext("Released. The provider pays each of them now."))
    else:
        flash(gettext("Released. The file can be taken to the bank now."))
    return go_to("admin.show_batch", batch_id=visit.path["batch_id"])


@admin.page("/batches/<batch_id>/file", ids=_BATCH, sees="batch_id")
def take_file(visit: Visit) -> Response:
    """The file for the channel, as CSV or (`?format=pain001`) as the bank's; who takes it is recorded."""
    actor, batch_id = visit.caller.member_id, visit.ids["batch_id"]
    format_ = request.args.get("format", "csv")
    if format_ == "pain001":
        file = payouts.bank_file(visit.uow, actor=actor, batch_id=batch_id, settings=visit.settings)
    elif format_ == "csv":
        file = payouts.frozen_file(visit.uow, actor=actor, batch_id=batch_id)
    else:
        raise NotFound("a file of a batch is csv or pain001")
    answer = make_response(file.content)
    answer.headers["Content-Type"] = f"{file.media_type}; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@admin.action("/batches/<batch_id>/results", access=ADMINS, again="show_batch", ids=_BATCH)
def record_results(visit: Visit) -> Response:
    """What the channel said of each item; what is left unsaid waits on, or was paid if that is ticked."""
    items = payouts.show_batch(visit.uow, visit.ids["batch_id"]).items
    open_ = [item for item in items if item.status == "batched" and item.transfer not in _UNDER_WAY]
    outcomes = [said for item in open_ if (said := _said(visit.form, item)) is not None]
    visit.form.check()
    if not outcomes:
        visit.form.errors["rest_paid"] = gettext("Say of one payout at least what became of it.")
        visit.form.refuse()
    payouts.record_results(visit.uow, actor=visit.caller.member_id, batch_id=visit.ids["batch_id"], outcomes=outcomes)
    flash(gettext("Noted. What failed is back in the wallets."))
    return go_to("admin.show_batch", batch_id=visit.path["batch_id"])


@admin.action("/batches/<batch_id>/results-file", access=ADMINS, again="show_batch", ids=_BATCH)
def record_results_file(visit: Visit) -> Response:
    """The same from the bank's table: all lines of it, or none and each bad line is named."""
    content = visit.form.upload("table")
    visit.form.check()
    payouts.record_results_file(
        visit.uow, actor=visit.caller.member_id, batch_id=visit.ids["batch_id"], content=content
    )
    flash(gettext("Noted. What failed is back in the wallets."))
    return go_to("admin.show_batch", batch_id=visit.path["batch_id"])


def _said(form: Form, item: BatchItem) -> Outcome | None:
    name = to_public("por", item.request_id)
    result = form.choice(f"result-{name}", _RESULTS) if f"result-{name}" in form.values else ""
    reference = form.text(f"reference-{name}", longest=LONGEST_REFERENCE, required=False)
    if not result and form.is_ticked("rest_paid"):
        result = "paid"
    reason = form.text(f"reason-{name}", longest=LONGEST_REASON, required=False) if result == "failed" else ""
    return Outcome(item.request_id, result, reference or None, reason or None) if result else None
