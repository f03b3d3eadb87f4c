"""A wallet month by month, as its member reads it."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text
from visitors import member

from socialshop.infra.uow import in_unit_of_work
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting


def test_a_member_finds_a_month_and_reads_what_moved(site: Flask) -> None:
    lin = member(site, name="Lin")
    number = in_unit_of_work(lambda uow: uow.session.execute(text("SELECT max(number) FROM members")).scalar_one())
    postings = [Posting(chart.member_wallet(number), 950, "CNY"), Posting(chart.COMMISSION_EXPENSE, -950, "CNY")]
    in_unit_of_work(lambda uow: ledger.post(uow, [Entry("a", "settlement", postings)]))
    listed = lin.look("/wallet/statements")
    assert "1 movement" in listed.text
    path = listed.text.split("/wallet/statements/")[1].split('"')[0]
    page = lin.look(f"/wallet/statements/{path}").text
    assert "Commission settled into your wallet." in page
    assert "CN¥9.50" in page
    assert "not over" in page
    assert member(site, name="Mo").client.get(f"/wallet/statements/{path}").status_code == 404
