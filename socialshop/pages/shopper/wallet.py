"""A member's wallet: what moved, where money may go, and asking for it."""

from __future__ import annotations

import re
import uuid
from functools import partial

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext, lazy_gettext

from socialshop.commissions import service as commissions
from socialshop.infra import wired
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.pages import formats
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.shopper.moved import MOST_POSTINGS, Moved, happened
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.payouts import service as payouts
from socialshop.payouts.gateway import payee_gateway
from socialshop.payouts.rules import LONGEST_ACCOUNT, LONGEST_HOLDER, Channel
from socialshop.web.afterwards import afterwards
from socialshop.web.auth import BUYERS

_MOVEMENT = re.compile(r"[0-9]{1,18}\.[0-9]{1,9}", re.ASCII)
_PARTS_SHOWN = 200
_OPEN = ("submitted", "held")
_KINDS = {"person": lazy_gettext("A person"), "business": lazy_gettext("A business")}
_WAYS = {"bank": lazy_gettext("Bank"), "alipay": lazy_gettext("Alipay"), "wechat": lazy_gettext("WeChat")}


@shopper.page("/wallet", tab="earnings")
def show_wallet(visit: Visit) -> str:
    """What moved, the newest first."""
    number, currency = visit.caller.number, visit.settings.currency
    before = movement_before(request.args.get("after"))
    # Enough postings for a page of happenings and one more: the last of the page is never cut through.
    rows = commissions.wallet_entries(visit.uow, number, currency, before, (PAGE_ROWS + 1) * MOST_POSTINGS)
    moved, after = _page(happened(rows))
    wallet = ledger.wallet(visit.uow, number, currency)
    return render_template("shopper/wallet.html", moved=moved, next=after, wallet=wallet, currency=currency)


@shopper.page("/wallet/statements", tab="earnings")
def list_statements(visit: Visit) -> str:
    """The months in which the wallet moved, the newest first."""
    currency, said = visit.settings.currency, request.args.get("after")
    months = commissions.months_of(visit.uow, visit.caller.number, currency, visit.settings.time_zone)
    if said is not None:
        last = commissions.month_named(said)
        months = [month for month in months if month.month < last]
    shown = months[:PAGE_ROWS]
    after = f"{shown[-1].month:%Y-%m}" if len(months) > PAGE_ROWS else None
    return render_template("shopper/statements.html", months=shown, next=after, currency=currency)


@shopper.page("/wallet/statements/<month>", tab="earnings")
def show_statement(visit: Visit) -> str:
    """What a month began with, what moved (page by page), what it ended with, and the hash over all of it."""
    found = commissions.statement_of(
        visit.uow,
        visit.caller.number,
        visit.settings.currency,
        visit.settings.time_zone,
        commissions.month_named(visit.path["month"]),
    )
    before = movement_before(request.args.get("after"))
    rows = [row for row in found.rows if before is None or (row.entry_id, row.line) > before]
    moved, after = _page(happened(rows))
    return render_template("shopper/statement.html", found=found, month=found.month, moved=moved, next=after)


def _page(all_moved: list[Moved]) -> tuple[list[Moved], str | None]:
    """A page of what happened, and where the next begins."""
    shown = all_moved[:PAGE_ROWS]
    last = shown[-1].last if len(all_moved) > PAGE_ROWS else None
    return shown, last and f"{last.entry_id}.{last.line}"


def movement_before(said: str | None) -> tuple[int, int] | None:
    """The movement that the page before ended with, as `?after=` says it: a journal entry and a line in it."""
    if said is None:
        return None
    entry, _, line = said.partition(".")
    if not _MOVEMENT.fullmatch(said):
        raise NotFound("no list gave such a page")
    return int(entry), int(line)


@shopper.page("/payouts", access=BUYERS, tab="earnings")
def show_payouts(visit: Visit) -> str:
    """Ask for a payout, and how those that were asked for stand."""
    caller, settings = visit.caller, visit.settings
    found = payouts.page_of(visit.uow, limit=PAGE_ROWS, after=visit.after(), member_id=caller.member_id)
    requests, after = cut(found, lambda row: row.id)
    places = payouts.destinations(visit.uow, caller.member_id)
    usable = [(place, payouts.usable_from(place, visit.settings.payout_cooldown)) for place in places]
    ready = [place for place, from_ in usable if from_ <= visit.uow.now]
    return render_template(
        "shopper/payouts.html",
        requests=requests,
        next=after,
        places=ready,
        options=[(_name(p.id), f"{_WAYS[p.channel]} …{p.account_last4} · {p.holder}") for p in ready],
        cooling=[(p, from_) for p, from_ in usable if from_ > visit.uow.now],
        ways=_WAYS,
        wallet=ledger.wallet(visit.uow, caller.number, settings.currency),
        currency=settings.currency,
        minimum=settings.payout_minimum_minor,
        payee=payouts.payee_of(visit.uow, caller.member_id),
        kinds=_KINDS,
    )


@shopper.action("/payouts", access=BUYERS, again="show_payouts", once=True)
def request_payout(visit: Visit) -> Response:
    """Ask for money; it is set aside at once."""
    form, settings = visit.form, visit.settings
    amount = form.money("amount_minor", settings.currency)
    least = Money(settings.payout_minimum_minor, settings.currency)
    if amount.amount_minor < least.amount_minor and "amount_minor" not in form.errors:
        form.errors["amount_minor"] = gettext("A payout is of %(least)s or more.", least=formats.money(least))
    place = form.choice("destination", [_name(p.id) for p in payouts.destinations(visit.uow, visit.caller.member_id)])
    form.check()
    destination = from_public("pod", place)
    shown = payouts.quote_of(
        visit.uow, visit.caller.member_id, destination_id=destination, amount=amount, place=_place(visit)
    ).taken
    if shown.net_minor != amount.amount_minor and form.values.get("net_minor") != str(shown.net_minor):
        return go_to("shopper.check_payout", amount=form.values["amount_minor"], destination=place)
    request_ = payouts.submit(
        visit.uow,
        member_id=visit.caller.member_id,
        member_number=visit.caller.number,
        destination_id=destination,
        amount=amount,
        minimum_minor=least.amount_minor,
        cooldown=visit.settings.payout_cooldown,
        place=_place(visit),
        agreed_net=shown.net_minor,
    )
    flash(gettext("Asked for. The money is set aside until somebody has looked at it."))
    return go_to("shopper.show_payout", request_id=to_public("por", request_.id))


@shopper.page("/payouts/check", access=BUYERS, tab="earnings")
def check_payout(visit: Visit) -> str | Response:
    """What is taken off, before it is asked for; only where anything is."""
    said = Form(request.args.to_dict())
    amount = said.money("amount", visit.settings.currency)
    destination = request.args.get("destination", "")
    places = payouts.destinations(visit.uow, visit.caller.member_id)
    to = next((place for place in places if _name(place.id) == destination), None)
    if said.errors or to is None:
        return go_to("shopper.show_payouts")
    quote = payouts.quote_of(
        visit.uow, visit.caller.member_id, destination_id=to.id, amount=amount, place=_place(visit)
    )
    return render_template(
        "shopper/payout_check.html",
        quote=quote,
        to=to,
        ways=_WAYS,
        currency=amount.currency,
        typed=request.args["amount"],
    )


@shopper.page("/payouts/<request_id>", access=BUYERS, ids={"request_id": "por"}, tab="earnings")
def show_payout(visit: Visit) -> str:
    """One request, how it stands, and the commissions behind it."""
    found = payouts.statement(visit.uow, visit.caller.member_id, visit.ids["request_id"])
    return render_template(
        "shopper/payout.html",
        found=found,
        request_=found.request,
        parts=found.accruals[:_PARTS_SHOWN],
        ways=_WAYS,
        open_states=_OPEN,
    )


@shopper.page("/payouts/<request_id>/statement.csv", access=BUYERS, ids={"request_id": "por"})
def take_payout_statement(visit: Visit) -> Response:
    """The whole statement of a payout that is over, as a table."""
    found = payouts.statement(visit.uow, visit.caller.member_id, visit.ids["request_id"])
    if found.statement_hash is None:
        raise NotFound("a statement is there once the payout is over")
    answer = make_response(payouts.statement_table(found))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    name = f"{visit.path['request_id']}-statement.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@shopper.action("/payouts/<request_id>/take-back", access=BUYERS, again="show_payout", ids={"request_id": "por"})
def take_back(visit: Visit) -> Response:
    """Take a request back before it is approved."""
    payouts.cancel(visit.uow, visit.caller.member_id, visit.ids["request_id"])
    flash(gettext("Taken back; the money is available again."))
    return go_to("shopper.show_payout", request_id=visit.path["request_id"])


@shopper.action("/payout-destinations", access=BUYERS, again="show_payouts")
def add_destination(visit: Visit) -> Response:
    """Say where money may go."""
    form = visit.form
    channel = form.choice("channel", [channel.value for channel in Channel])
    holder = form.text("holder", longest=LONGEST_HOLDER)
    account = form.text("account", longest=LONGEST_ACCOUNT)
    form.check()
    added = payouts.add_destination(
        visit.uow, visit.caller.member_id, channel=Channel(channel), holder=holder, account=account
    )
    _check_soon(visit)
    usable = payouts.usable_from(added, visit.settings.payout_cooldown)
    if usable > visit.uow.now:
        told = gettext(
            "Noted. As it is another account than before, money may go there from %(at)s on.",
            at=formats.instant(usable),
        )
        flash(told)
    else:
        flash(gettext("Noted. Money may go there from now on."))
    return go_to("shopper.show_payouts")


@shopper.action("/payee", access=BUYERS, again="show_payouts")
def state_payee(visit: Visit) -> Response:
    """Say who is paid, where it is not the holder of the first account."""
    form = visit.form
    name = form.text("real_name", longest=LONGEST_HOLDER)
    kind = form.choice("kind", list(_KINDS))
    form.check()
    before = payouts.payee_of(visit.uow, visit.caller.member_id)
    country = None if before is None else before.country
    payouts.state_name(visit.uow, visit.caller.member_id, real_name=name, kind=kind, country=country)
    _check_soon(visit)
    flash(gettext("Noted. The name is being checked."))
    return go_to("shopper.show_payouts")


def _place(visit: Visit) -> payouts.Place:
    return payouts.Place(visit.settings.country, visit.settings.time_zone)


def _check_soon(visit: Visit) -> None:
    check = partial(payouts.check_at_once, wired.clock(), payee_gateway(), visit.caller.member_id)
    afterwards(check)


def _name(destination_id: uuid.UUID) -> str:
    return to_public("pod", destination_id)
