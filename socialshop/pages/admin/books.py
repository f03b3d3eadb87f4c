"""The proof of the books: how the last one ended, and another one, one at a time."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.audit import service as audit
from socialshop.audit.service import Wanted
from socialshop.deals import service as deals
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.loyalty import service as loyalty
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.web.auth import READS_ALL

_BOOKS = "books"
_PROOFS_SHOWN = 10


def last_proofs(uow: UnitOfWork, limit: int) -> list[audit.StoredEntry]:
    """How the newest proofs ended, as the audit record keeps them. One statement."""
    return audit.page_of(uow, Wanted(target=_BOOKS, action="books.proved"), None, limit)


@admin.page("/proof", tab="proof")
def show_proof(visit: Visit) -> str:
    """The last proof, green or red, those before it, and the trial balance."""
    proofs = last_proofs(visit.uow, _PROOFS_SHOWN)
    lines = [(line.account, Money(line.amount_minor, line.currency)) for line in ledger.trial_balance(visit.uow)]
    return render_template(
        "admin/proof.html",
        proofs=proofs,
        names=names_by_id(visit.uow, [proof.actor for proof in proofs]),
        lines=lines,
        unsealed=ledger.count_unsealed(visit.uow) + audit.count_unsealed(visit.uow),
    )


# It recomputes and moves nothing, so finance may ask for it too.
@admin.action("/proof", access=READS_ALL, again="show_proof", isolation="REPEATABLE READ")
def prove_books(visit: Visit) -> Response:
    """Recompute books, record and stock in one snapshot; how it ended is kept in the record."""
    books, record = ledger.prove_alone(visit.uow), audit.prove(visit.uow)
    stock = [*deals.stock_differences(visit.uow), *loyalty.reward_differences(visit.uow)]
    off = next((str(each) for each in stock), None)
    difference = books.first_difference or record.first_difference or off
    facts: dict[str, object] = {
        "entries": books.entries,
        "postings": books.postings,
        "unsealed": books.unsealed,
        "head_hash": books.head_hash,
        "audit_entries": record.entries,
        "audit_unsealed": record.unsealed,
        "audit_head_hash": record.head_hash,
        "stock_differences": len(stock),
        "first_difference": difference,
    }
    audit.record(visit.uow, actor=visit.caller.member_id, action="books.proved", target=_BOOKS, facts=facts)
    if difference is None:
        flash(gettext("The books agree to the last cent."))
    else:
        flash(gettext("The books do not agree."), "bad")
    return go_to("admin.show_proof")
