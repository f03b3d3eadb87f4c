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
    assert "1 movement" in listed.text
    path = listed.text.split("/wallet/statements/")[1].split('"')[0]
    page = lin.look(f"/wallet/statements/{path}").text
    assert "Commission settled into your wallet." in page
    assert "CN¥9.50" in page
    assert "not over" in page
    assert member(site, name="Mo").client.get(f"/wallet/statements/{path}").status_code == 404


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
        assert "45 movements" in page
        assert "CN¥54.90" in page
        seen += re.findall(r"\+CN¥(1\.\d\d)", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path, pages = (found[1] if found else ""), pages + 1
    assert (seen, pages) == ([f"1.{cents:02}" for cents in range(45)], 3)
    assert lin.look("/wallet/statements?after=x").status_code == 404
