"""My invites: what came of links day by day, and one link's page with all that its owner may do about it."""

from __future__ import annotations

import re

from flask import Flask
from room_shop import statements
from visitors import Visitor, member, visitor
from web_client import counts

from socialshop.infra.uow import in_unit_of_work
from socialshop.invites import service as invites

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "Accept": "text/html"}


def own_page(lin: Visitor) -> str:
    assert lin.card is not None
    return f"/invites/{lin.card.invite_code}"


def clicks(site: Flask, code: str, people: int) -> None:
    for _ in range(people):
        site.test_client().get(f"/i/{code}", headers=PHONE)
    in_unit_of_work(invites.judge_clicks)


def test_a_link_is_paused_goes_on_and_gets_an_end(site: Flask) -> None:
    lin = member(site)
    page = own_page(lin)
    assert lin.send(page, f"{page}/pause").status_code == 303
    assert '<span class="badge wait">Paused</span>' in lin.look(page).text
    assert "已暂停" in lin.look("/invites", "zh").text
    # wherever it is handed on, its owner is told
    assert "This link binds nobody until you open it again." in lin.look("/invites").text
    assert lin.send(page, f"{page}/resume").status_code == 303
    assert '<span class="badge good">Open</span>' in lin.look(page).text
    assert "binds nobody until" not in lin.look("/invites").text
    gone = lin.send(page, f"{page}/end", expires_at="2020-01-01T08:00")
    assert gone.status_code == 422
    assert "It has no end." in lin.look(page).text
    assert lin.send(page, f"{page}/end", expires_at="2036-01-01T08:00").status_code == 303
    assert "until <time" in lin.look(page).text


def test_a_code_is_chosen_and_another_place_gets_a_link_of_its_own(site: Flask) -> None:
    lin, chen = member(site), member(site, name="Chen")
    page = own_page(lin)
    assert lin.send(page, f"{page}/vanity", vanity="lin-tea").status_code == 422
    assert lin.send(page, f"{page}/vanity", vanity="lin-tea", sure="yes").status_code == 303
    assert "/i/LIN-TEA" in lin.look(page).text
    refused = chen.send(own_page(chen), f"{own_page(chen)}/vanity", vanity="L1N TEA", sure="yes")
    assert refused.status_code == 422
    taken = chen.send(own_page(chen), f"{own_page(chen)}/vanity", "zh", vanity="L1N-TEA", sure="yes")
    assert taken.status_code == 409
    assert "已有链接使用这个或看起来相同的邀请码" in taken.text
    before = counts("invite_links")
    made = lin.send(page, f"{page}/channels", channel="stream")
    assert made.status_code == 303
    assert counts("invite_links")["invite_links"] == before["invite_links"] + 1
    assert '<span class="soft small">stream</span>' in lin.look(made.headers["Location"]).text
    # the same once more is the same link
    assert lin.send(page, f"{page}/channels", channel="stream").headers["Location"] == made.headers["Location"]


def test_the_days_of_all_links_stand_on_my_invites_by_channel_and_for_nobody_else(site: Flask) -> None:
    lin, chen = member(site), member(site, name="Chen")
    assert lin.card is not None
    stream = lin.send(own_page(lin), f"{own_page(lin)}/channels", channel="stream").headers["Location"]
    clicks(site, lin.card.invite_code, 2)
    clicks(site, stream.rpartition("/")[2], 3)
    site.test_client().get(f"/i/{lin.card.invite_code}", headers={**PHONE, "User-Agent": "curl/8"})
    in_unit_of_work(invites.judge_clicks)
    lin.look("/invites")
    with statements() as seen:
        page = lin.look("/invites?days=7").text
    assert len(seen) <= 12, seen
    assert '<div class="name">Looked</div><div class="figure">5</div>' in page
    assert "1 look that does not count" in page
    assert '<h4>stream</h4><dl class="facts"><dt>Looked</dt><dd>3</dd>' in page
    # what was read in Chinese first is read in English by the next
    assert "你的专属链接" in lin.look("/invites", "zh").text
    assert "Your own link" in lin.look("/invites").text
    assert "你的专属链接" not in lin.look("/invites").text
    days = re.search(r'<table id="days".*?</table>', page, re.DOTALL)
    assert days is not None
    assert days[0].count('scope="row"') == 7
    assert days[0].rpartition('scope="row"')[2].count('data-value="5"') == 1
    assert '<div class="name">Looked</div><div class="figure">0</div>' in chen.look("/invites").text
    assert chen.look(own_page(lin)).status_code == 404
    assert visitor(site).look(own_page(lin)).status_code == 303
