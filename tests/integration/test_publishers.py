"""Publishers: asking, deciding, ending; their banners: signed, counted as views; what is struck out is told."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from PIL import Image

from socialshop.infra.uow import in_unit_of_work
from socialshop.invites import banner
from socialshop.invites import service as invites
from socialshop.invites.poster import Fonts
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from tests.after_sales import rows
from tests.integration.test_invite_landing import PHONE
from tests.integration.test_invite_links import a_deal, link
from tests.room_shop import statements
from tests.web_client import Person, counts, refusal, sign_up

SITE = {"site_name": "Tea notes", "site_url": "https://tea.example/", "kind": "blog"}


def the_path(person: Person) -> str:
    return f"/admin/publishers/{to_public('mbr', person.card.member_id)}"


def decide(admin: Person, person: Person, decision: str) -> Any:
    return admin.call("POST", f"{the_path(person)}/{decision}", json={"reason": "Seen."})


def here(link: dict[str, Any]) -> str:
    """The address of a link's banner in this shop."""
    return "/i/" + str(link["banner_url"]).partition("/i/")[2]


def judged() -> list[str]:
    while in_unit_of_work(invites.judge_views):
        pass
    return [row[0] for row in rows("SELECT verdict FROM banner_views ORDER BY id")]


def test_a_member_asks_an_admin_decides_once_and_ends_it_and_who_was_refused_asks_again(app: Flask) -> None:
    member, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    assert refusal(member.call("GET", "/me/publisher"))[:2] == (404, "not_found")
    for wrong in ({"site_url": "tea.example"}, {"site_url": "https://tea example"}, {"kind": "farm"}):
        assert refusal(member.call("POST", "/me/publisher", json=SITE | wrong))[0] == 422
    assert counts("publishers") == {"publishers": 0}
    asked = member.call("POST", "/me/publisher", json=SITE)
    assert (asked.status_code, asked.get_json()["status"]) == (201, "open")
    assert refusal(member.call("POST", "/me/publisher", json=SITE))[:2] == (409, "already_publishes")
    assert [row["site_url"] for row in admin.call("GET", "/admin/publishers").get_json()["data"]] == [SITE["site_url"]]
    # refused: told, and free to ask again
    assert refusal(decide(admin, member, "end"))[:2] == (409, "publisher_decided")
    assert decide(admin, member, "reject").get_json()["status"] == "rejected"
    assert refusal(decide(admin, member, "approve"))[:2] == (409, "publisher_decided")
    assert member.call("POST", "/me/publisher", json=SITE | {"kind": "video"}).status_code == 201
    for _ in range(2):
        assert decide(admin, member, "approve").get_json()["status"] == "approved"
    assert refusal(member.call("POST", "/me/publisher", json=SITE))[:2] == (409, "already_publishes")
    assert decide(admin, member, "end").get_json()["status"] == "ended"
    told = [row[0] for row in rows("SELECT kind FROM notices WHERE kind LIKE 'publisher%' ORDER BY id")]
    assert told == ["publisher_rejected", "publisher_approved", "publisher_ended"]
    # and nobody but admins decides
    assert refusal(decide(member, member, "approve"))[0] == 403


def test_what_is_struck_out_is_told_to_the_publisher_alone(app: Flask) -> None:
    member, other, admin = sign_up(app), sign_up(app), sign_up(app, role=Role.ADMIN)
    days = {"kind": "click", "first_day": "2026-01-01", "last_day": "2026-01-03", "reason": "a farm"}
    assert refusal(admin.call("POST", f"{the_path(member)}/disallowances", json=days))[:2] == (404, "not_found")
    member.call("POST", "/me/publisher", json=SITE)
    done = admin.call("POST", f"{the_path(member)}/disallowances", json=days).get_json()
    assert (done["counted"], done["taken_back"]["amount_minor"]) == (0, 0)
    back = days | {"first_day": "2026-01-04"}
    assert refusal(admin.call("POST", f"{the_path(member)}/disallowances", json=back))[2] == "last_day"
    theirs = days | {"link": other.card.invite_code}
    assert refusal(admin.call("POST", f"{the_path(member)}/disallowances", json=theirs))[0] == 404
    (row,) = member.call("GET", "/me/publisher/disallowances").get_json()["data"]
    assert (row["reason"], row["last_day"]) == ("a farm", str(date(2026, 1, 3)))
    assert other.call("GET", "/me/publisher/disallowances").get_json()["data"] == []


@pytest.fixture
def shown(app: Flask) -> tuple[Person, dict[str, Any]]:
    """A leader with a link to a deal."""
    leader = sign_up(app, role=Role.LEADER)
    deal, _ = a_deal(leader)
    return leader, link(leader, kind="deal", target_id=deal)


def test_a_banner_is_small_never_kept_and_fetched_from_anywhere_and_a_view_waits_for_no_database(
    app: Flask, shown: tuple[Person, dict[str, Any]]
) -> None:
    address = here(shown[1])
    client = app.test_client()
    drawn = client.get(address, headers=PHONE)
    assert drawn.status_code == 200, drawn.text
    assert Image.open(io.BytesIO(drawn.data)).size == banner.SIZE
    assert len(drawn.data) < 8_000
    kept = ("Cache-Control", "Cross-Origin-Resource-Policy")
    assert [drawn.headers[name] for name in kept] == ["no-store", "cross-origin"]
    assert "Set-Cookie" not in drawn.headers
    with statements() as said:
        again = client.get(f"{address}?t=123", headers=PHONE)
    assert (again.data, said) == (drawn.data, [])
    # another language is another picture, and a key of no address, or of another link's, shows and records none
    assert client.get(f"{address}?lang=en", headers=PHONE).data != drawn.data
    for wrong in (
        address.replace(".png", "x.png"),
        address.replace("/banner/", "/banner/é"),
        address.replace(shown[1]["code"], "NOSUCHCODE"),
    ):
        assert client.get(wrong, headers=PHONE).status_code == 404
    assert judged() == ["counted", "repeat", "repeat"]
    assert counts("invite_clicks") == {"invite_clicks": 0}


def test_views_are_judged_as_clicks_are_and_a_browser_without_a_cookie_is_one_for_a_day(
    app: Flask, shown: tuple[Person, dict[str, Any]]
) -> None:
    leader, made = shown
    address = here(made)
    owner = app.test_client()
    # given the owner has signed in with this browser, and followed an own link with it
    owner.get(f"/i/{made['code']}", headers={**PHONE, "Authorization": f"Bearer {leader.token}"})
    while in_unit_of_work(invites.judge_clicks):
        pass
    visitor = rows("SELECT visitor FROM invite_clicks")[0][0]
    in_unit_of_work(lambda uow: invites.recognize(uow, visitor, leader.card.member_id))
    owner.get(address, headers=PHONE)
    people = app.test_client(use_cookies=False)
    for program in (PHONE["User-Agent"], "Mozilla/5.0 (X11; Linux)", PHONE["User-Agent"], "Googlebot/2.1"):
        people.get(address, headers={"User-Agent": program})
    people.head(address, headers=PHONE)
    leader.call("PATCH", f"/invite-links/{made['code']}", json={"paused": True})
    app.extensions.pop("socialshop_landing_kept")
    people.get(address, headers={"User-Agent": "Mozilla/5.0 (Android)"})
    assert judged() == ["self", "counted", "counted", "repeat", "bot", "bot", "closed"]
    assert rows("SELECT views, repeats, own, bots, closed FROM banner_view_days") == [(2, 1, 1, 2, 1)]


def test_a_banner_of_long_words_and_of_nothing_is_drawn(app: Flask, shown: tuple[Person, dict[str, Any]]) -> None:
    from socialshop.invites.routes import _fonts

    fonts: Fonts = _fonts()
    for strip in (banner.Strip(None, "zh"), banner.Strip(None, "en")):
        assert Image.open(io.BytesIO(banner.draw(strip, fonts))).size == banner.SIZE


def _feed(app: Flask, address: str, **headers: str) -> Any:
    return app.test_client().get("/feeds/" + address.partition("/feeds/")[2], headers=headers)


def test_a_feed_has_what_is_on_sale_under_the_publishers_code_page_by_page_and_says_when_nothing_changed(
    app: Flask,
) -> None:
    leader, member, admin = sign_up(app, role=Role.LEADER), sign_up(app), sign_up(app, role=Role.ADMIN)
    first, second, paused = (a_deal(leader)[0] for _ in range(3))
    assert leader.call("POST", f"/deals/{paused}/pause").status_code == 200
    # given nobody has a feed who is no publisher
    assert member.call("POST", "/me/publisher/feed-keys").status_code == 404
    member.call("POST", "/me/publisher", json=SITE)
    assert member.call("POST", "/me/publisher/feed-keys").status_code == 404
    decide(admin, member, "approve")
    old = member.call("POST", "/me/publisher/feed-keys").get_json()["json_url"]
    told = member.call("POST", "/me/publisher/feed-keys").get_json()
    # then the newest key opens the feed, the one before it nothing, and what is kept is its hash
    assert _feed(app, old).status_code == 404
    answer = _feed(app, told["json_url"])
    assert answer.status_code == 200, answer.text
    page = answer.get_json()
    assert {item["deal_id"] for item in page["data"]} == {first, second}
    assert page["next_url"] is None
    item = page["data"][0]
    assert (item["price"]["amount_minor"], item["price_alone"]["amount_minor"]) == (9_900, 10_900)
    key = told["json_url"].split("/")[-2]
    assert key.encode() not in rows("SELECT feed_key_hash FROM publishers")[0][0]
    # each link is the publisher's own, leads to the deal, and is the same when read again
    owners = rows(
        "SELECT l.owner_id, l.channel, l.kind FROM invite_links l WHERE l.code = :code", code=item["url"].split("/")[-1]
    )
    assert owners == [(member.card.member_id, "feed", "deal")]
    again = _feed(app, told["json_url"], **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    # page by page, each deal once
    seen, address = [], f"{told['json_url']}?limit=1"
    while address:
        part = _feed(app, address).get_json()
        seen += [one["deal_id"] for one in part["data"]]
        address = part["next_url"]
    assert sorted(seen) == sorted([first, second])
    # and as RSS that a parser reads
    rss = _feed(app, told["rss_url"])
    assert rss.headers["Content-Type"].startswith("application/rss+xml")
    found = ElementTree.fromstring(rss.text).findall("channel/item")
    google = "{http://base.google.com/ns/1.0}"
    assert {one.findtext(f"{google}id") for one in found} == {first, second}
    assert found[0].findtext(f"{google}sale_price") == "99.00 CNY"
    # when the shop ends the publisher, the feed ends
    decide(admin, member, "end")
    assert _feed(app, told["json_url"]).status_code == 404


def test_days_tell_what_counts_what_does_not_and_what_it_earned_to_the_publisher_alone(app: Flask) -> None:
    member, other = sign_up(app), sign_up(app)
    assert refusal(member.call("GET", "/me/publisher/days"))[0] == 404
    for person in (member, other):
        person.call("POST", "/me/publisher", json=SITE)
    made = link(member, kind="member", channel="=blog")
    client = app.test_client()
    for program in (PHONE["User-Agent"], PHONE["User-Agent"], "Googlebot/2.1"):
        client.get(f"/i/{made['code']}", headers={"User-Agent": program})
        client.get(here(made), headers={"User-Agent": program})
    while in_unit_of_work(invites.judge_clicks):
        pass
    judged()
    (day,) = member.call("GET", "/me/publisher/days?days=7").get_json()["data"]
    assert {name: day[name] for name in ("channel", "views", "clicks", "leads", "sales")} == {
        "channel": "=blog",
        "views": 1,
        "clicks": 1,
        "leads": 0,
        "sales": 0,
    }
    assert day["not_counted"] == {"repeats": 2, "own": 0, "bots": 2, "closed": 0}
    assert other.call("GET", "/me/publisher/days").get_json()["data"] == []
