"""Where an admin begins: the books' balances."""

from __future__ import annotations

from flask import render_template

from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.pages.admin.section import admin
from socialshop.pages.visit import Visit


@admin.page("", tab="overview")
def show_overview(visit: Visit) -> str:
    """The trial balance."""
    lines = [(line.account, Money(line.amount_minor, line.currency)) for line in ledger.trial_balance(visit.uow)]
    return render_template("admin/overview.html", lines=lines)
