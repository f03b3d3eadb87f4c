"""The ledger entry by entry, and the way of a cent: from a payout back to a click, from an order to the payouts."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, render_template, request

from socialshop.books import service as books
from socialshop.identity import service as identity
from socialshop.kernel.currencies import is_currency
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import from_public
from socialshop.kernel.money import parse_decimal
from socialshop.ledger import service as ledger
from socialshop.ledger.service import EntriesWanted
from socialshop.pages.admin.people import names_by_id, names_by_number
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.spans import span_asked
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit
from socialshop.web import looks

_POSTINGS_SHOWN = 50
_LONGEST_NUMBER = 18
_LONGEST = 200


@admin.page("/books/entries", tab="entries")
def list_entries(visit: Visit) -> str | Response:
    """Entries of some days, the newest first: by reference, account, member or amount.

    The id of an order or of a payout leads to its way through the books: a line of a bank file bears the latter.
    """
    sought = _said("find")
    for prefix, endpoint in (("ord", "admin.show_order_trail"), ("por", "admin.show_payout_trail")):
        if sought.startswith(f"{prefix}_"):
            from_public(prefix, sought)
            return go_to(endpoint, **{"order_id" if prefix == "ord" else "request_id": sought})
    span, currency = span_asked(visit), _said("currency") or visit.settings.currency
    wanted = EntriesWanted(
        since=span.since,
        until=span.until,
        accounts=_accounts(visit),
        amount_minor=_amount(currency),
        currency=currency,
        reference=sought or None,
    )
    found = ledger.entries(visit.uow, wanted, _number("after"), PAGE_ROWS + 1)
    rows = found[:PAGE_ROWS]
    return render_template(
        "admin/entries.html",
        span=span,
        currency=currency,
        entries=rows,
        next=str(rows[-1].id) if len(found) > PAGE_ROWS else None,
    )


def _said(name: str) -> str:
    return request.args.get(name, "").strip()[:_LONGEST]


def _accounts(visit: Visit) -> Sequence[str] | None:
    """The account that is asked for, else all of a member's; who looks for a member's is noted. None: any."""
    if member := _said("member"):
        member_id = from_public("mbr", member)
        found = identity.named(visit.uow, ids=[member_id])
        if not found:
            raise NotFound("there is no such member")
        seen = {"member_id": member_id}
        looks.note(visit.uow, visit.caller, "member_id", {"member_id": "mbr"}, seen, saw="list_entries")
        return ledger.accounts_of_member(found[0].number)
    account = _said("account")
    return [account] if account else None


def _amount(currency: str) -> int | None:
    typed = _said("amount")
    if not typed:
        return None
    try:
        return parse_decimal(typed, currency) if is_currency(currency) else int(typed)
    except (InvalidValue, ValueError):
        raise NotFound("that is no amount") from None


def _number(name: str) -> int | None:
    said = request.args.get(name)
    if said is None:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) <= _LONGEST_NUMBER):
        raise NotFound("no list gave such a page")
    return int(said)


@admin.page("/books/entries/<entry>", tab="entries")
def show_entry(visit: Visit) -> str:
    """One entry with its postings, each with what it is about."""
    number = visit.path["entry"]
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
        raise NotFound("there is no such entry")
    after = _number("after") or 0
    entry, found = ledger.entry(visit.uow, int(number), after, _POSTINGS_SHOWN + 1)
    rows = found[:_POSTINGS_SHOWN]
    about = books.subjects(visit.uow, {row.subject_id for row in rows if row.subject_id is not None})
    return render_template(
        "admin/entry.html",
        entry=entry,
        postings=rows,
        about=about,
        next=str(rows[-1].line) if len(found) > _POSTINGS_SHOWN else None,
    )


@admin.page("/books/payouts/<request_id>", ids={"request_id": "por"}, tab="entries", sees="request_id")
def show_payout_trail(visit: Visit) -> str:
    """Where the money of a payout came from: commissions, their sales, and what brought each."""
    trail = books.trail_of_payout(visit.uow, visit.ids["request_id"])
    sources = trail.sources.values()
    owners = {owner for each in sources for owner in (each.sale_link_owner, each.came_link_owner)}
    return render_template(
        "admin/payout_trail.html",
        trail=trail,
        case=trail.evidence.request,
        buyers=names_by_number(visit.uow, [each.buyer for each in sources]),
        names=names_by_id(visit.uow, owners),
    )


@admin.page("/books/orders/<order_id>", ids={"order_id": "ord"}, tab="entries", sees="order_id")
def show_order_trail(visit: Visit) -> str:
    """Where the money of an order went: what brought it, its entries, whom it paid, and by which payouts."""
    trail = books.trail_of_order(visit.uow, visit.ids["order_id"])
    source = trail.source
    people = [source.sale_link_owner, source.came_link_owner, *(row.beneficiary_id for row in trail.paid.accruals)]
    return render_template(
        "admin/order_trail.html",
        trail=trail,
        order=trail.order,
        buyers=names_by_number(visit.uow, [source.buyer]),
        names=names_by_id(visit.uow, people),
    )
