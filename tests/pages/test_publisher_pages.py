"""Being a publisher, without a script: asking, what one's links brought, the table, and the feed's addresses."""

from __future__ import annotations

import uuid
from hashlib import sha256

from flask import Flask
from payment_shop import rows
from room_shop import statements
from visitors import member
from web_client import counts

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.invites import service as invites
from socialshop.invites.gateway import subjects
from socialshop.invites.rules import Kind
from socialshop.invites.service import NewLink, Visit
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
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


def test_the_desk_decides_about_publishers_and_strikes_out_what_was_no_traffic(site: Flask) -> None:
    lin, desk, finance = member(site), member(site, role=Role.ADMIN), member(site, role=Role.FINANCE)
    lin.send("/publisher", "/publisher", site_name="Tea <notes>", site_url="https://tea.example/", kind="blog")
    assert lin.card is not None
    address = f"/admin/publishers/{to_public('mbr', lin.card.member_id)}"
    waits = desk.look("/admin/publishers")
    assert "Tea &lt;notes&gt;" in waits.text
    assert address in waits.text
    # finance reads, and decides nothing
    assert "Approve" not in finance.look(address).text
    assert desk.send(address, address, decision="approve", reason="").status_code == 422
    assert desk.send(address, address, decision="approve", reason="Welcome.").status_code == 303
    assert "Tea" not in desk.look("/admin/publishers").text
    assert "Tea" in desk.look("/admin/publishers?status=approved").text
    # given a click that is tallied and pays 0.30
    with unit_of_work() as uow:
        found = invites.landing(uow, lin.card.invite_code, subjects())
        invites.record_click(found, Visit(sha256(b"a").digest(), None, bot=False), uow.now)
    while in_unit_of_work(invites.judge_clicks):
        pass
    with statements() as said:
        page = desk.look(f"{address}?days=7")
    assert len(said) <= 14
    for words in ("What the links brought", "None named", "https://tea.example/", "Strike out"):
        assert words in page.text
    assert {who for (who,) in rows("SELECT member_id FROM data_looks")} == {lin.card.member_id}
    struck = {"kind": "click", "first_day": "2026-01-03", "last_day": "2026-01-04", "struck_reason": "a farm"}
    for wrong in ({"first_day": "3 Jan"}, {"last_day": "2026-01-02"}, {"link": "NOSUCHCODE"}, {"struck_reason": ""}):
        assert desk.send(address, f"{address}/struck", **struck | wrong).status_code == 422
    assert counts("disallowances") == {"disallowances": 0}
    assert desk.send(address, f"{address}/struck", **struck).status_code == 303
    assert "a farm" in desk.look(address).text
    assert "剔除" in desk.look(address, "zh").text
    # a channel is listed only where a link has it, and taken off
    named = {"channel": "blog", "channel_reason": "Seen."}
    listing = f"{address}/channels"
    assert desk.send(address, listing, wanted="list", **named).status_code == 422
    with unit_of_work() as uow:
        invites.create_link(uow, lin.card.member_id, NewLink(Kind.MEMBER, None, "blog"), subjects())
    assert desk.send(address, listing, wanted="end", **named).status_code == 422
    for wanted, left in (("list", 1), ("list", 1), ("end", 0)):
        assert desk.send(address, listing, wanted=wanted, **named).status_code == 303
        assert rows("SELECT count(*) FROM publisher_channels WHERE ended_at IS NULL") == [(left,)]
    desk.send(address, listing, wanted="list", **named)
    assert desk.send(address, address, decision="end", reason="Over.").status_code == 303
    assert rows("SELECT count(*) FROM publisher_channels WHERE ended_at IS NULL") == [(0,)]
    assert publishers_stand() == ["ended"]


def publishers_stand() -> list[str]:
    return [row[0] for row in rows("SELECT status FROM publishers")]
