"""Being a publisher, without a script: asking, what one's links brought, the table, and the feed's addresses."""

from __future__ import annotations

import uuid
from hashlib import sha256

from flask import Flask
from payment_shop import rows
from visitors import member

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.invites import service as invites
from socialshop.invites.gateway import subjects
from socialshop.invites.service import Visit
from socialshop.publishers import service as publishers


def test_a_member_asks_and_then_sees_what_the_links_brought_in_both_languages(site: Flask) -> None:
    lin = member(site)
    assert "/publisher" in lin.look("/me").text
    refused = lin.send("/publisher", "/publisher", site_name="Tea", site_url="tea.example", kind="blog")
    assert refused.status_code == 422
    sent = lin.send("/publisher", "/publisher", site_name="Tea <notes>", site_url="https://tea.example/", kind="blog")
    assert sent.status_code == 303
    waiting = lin.look("/publisher").text
    assert "Tea &lt;notes&gt;" in waiting
    assert "Your application is being looked at." in waiting
    assert 'name="site_name"' not in waiting
    # given an admin approved it, and two people followed the member's link, one of them twice
    assert lin.card is not None
    with unit_of_work() as uow:
        publishers.decide(uow, uuid.UUID(int=1), lin.card.member_id, "approved", "Welcome.")
        found = invites.landing(uow, lin.card.invite_code, subjects())
        for who in ("a", "b", "a"):
            invites.record_click(found, Visit(sha256(who.encode()).digest(), None, bot=False), uow.now)
    while in_unit_of_work(invites.judge_clicks):
        pass
    page = lin.look("/publisher?days=7")
    assert page.text.count('<th scope="row">') == 7
    for said in ("Clicks", '<div class="figure">2</div>', "The same person within a day", "The feed of goods"):
        assert said in page.text
    chinese = lin.look("/publisher", "zh").text
    for said in ("你是推广者。", "点击", "商品数据源"):
        assert said in chinese
    # the table, and the addresses of the feed, told once
    table = lin.look("/publisher/days.csv")
    assert table.headers["Content-Type"].startswith("text/csv")
    assert table.text.splitlines()[1].split(",")[1:7] == ["", "0", "2", "0", "0", "1"]
    feed = lin.send("/publisher", "/publisher/feed")
    assert (feed.status_code, feed.text.count("/feeds/")) == (200, 2)
    assert rows("SELECT count(*) FROM publishers WHERE feed_key_hash IS NOT NULL") == [(1,)]
    # and nobody else sees any of it
    other = member(site)
    assert "Tea" not in other.look("/publisher").text
    assert other.look("/publisher/days.csv").status_code == 404
