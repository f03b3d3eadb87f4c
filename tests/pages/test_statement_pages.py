"""A wallet month by month, as its member reads it."""

from __future__ import annotations

import re

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
    path = listed.text.split("/wallet/statements/")[1].split('"')[0]
    page = lin.look(f"/wallet/statements/{path}").text
    assert "A commission matured: you can withdraw it." in page
    assert "CN¥9.50" in page
    assert "not over" in page
    assert member(site, name="Mo").client.get(f"/wallet/statements/{path}").status_code == 404


def test_money_that_only_changes_its_place_is_told_once_and_no_page_cuts_it_in_two(site: Flask) -> None:
    """Given two months' worth of settlements in one entry, then each is a row, also around the end of a page."""
    lin = member(site, name="Lin")
    number = in_unit_of_work(lambda uow: uow.session.execute(text("SELECT max(number) FROM members")).scalar_one())
    pending, wallet = chart.member_pending(number), chart.member_wallet(number)
    earned = [Posting(pending, 10_000, "CNY"), Posting(chart.COMMISSION_EXPENSE, -10_000, "CNY")]
    settled = [
        Posting(account, sign * minor, "CNY")
        for minor in range(100, 125)
        for account, sign in ((pending, -1), (wallet, 1))
    ]
    entries = [Entry("earned", "accrual", earned), Entry("settled", "settlement", settled)]
    in_unit_of_work(lambda uow: ledger.post(uow, entries))
    month = "/wallet/statements/" + lin.look("/wallet/statements").text.split("/wallet/statements/")[1].split('"')[0]
    for begin, order in (("/wallet", -1), (month, 1)):
        first = lin.look(begin).text
        onward = re.search(r'rel="next" href="([^"]+)"', first)
        assert onward is not None
        whole = first + lin.look(onward[1]).text
        seen = re.findall(r'pending → available.*?<span class="money">CN¥(1\.\d\d)<', whole, re.DOTALL)
        assert seen[::order] == [f"1.{cents:02}" for cents in range(25)]
        assert whole.count("+CN¥100.00") == 1


def test_a_long_month_is_read_page_by_page_and_its_sums_stand_on_each(site: Flask) -> None:
    lin = member(site, name="Lin")
    number = in_unit_of_work(lambda uow: uow.session.execute(text("SELECT max(number) FROM members")).scalar_one())
    pairs = [
        (Posting(chart.member_wallet(number), minor, "CNY"), Posting(chart.COMMISSION_EXPENSE, -minor, "CNY"))
        for minor in range(100, 145)
    ]
    entries = [Entry(f"e{place}", "settlement", list(pair)) for place, pair in enumerate(pairs)]
    in_unit_of_work(lambda uow: ledger.post(uow, entries))
    path = "/wallet/statements/" + lin.look("/wallet/statements").text.split("/wallet/statements/")[1].split('"')[0]
    seen, pages = [], 0
    while path:
        page = lin.look(path).text
        assert "CN¥54.90" in page
        seen += re.findall(r"\+CN¥(1\.\d\d)", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path, pages = (found[1] if found else ""), pages + 1
    assert (seen, pages) == ([f"1.{cents:02}" for cents in range(45)], 3)
    assert lin.look("/wallet/statements?after=x").status_code == 404
