"""The proof of the books: how the last one ended, and another one, one at a time."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.audit import service as audit
from socialshop.books import service as books
from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.web.auth import READS_ALL

_PROOFS_SHOWN = 10


@admin.page("/proof", tab="proof")
def show_proof(visit: Visit) -> str:
    """The last proof, green or red, those before it, and the trial balance."""
    proofs = books.last_proofs(visit.uow, _PROOFS_SHOWN)
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
    difference = books.prove(visit.uow, visit.caller.member_id)
    if difference is None:
        flash(gettext("The books agree to the last cent."))
    else:
        flash(gettext("The books do not agree."), "bad")
    return go_to("admin.show_proof")
