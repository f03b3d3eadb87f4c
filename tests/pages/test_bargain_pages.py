"""Bargains as people meet them, without a script: offered, started, chopped, bought."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop
from visitors import Visitor, member, visitor

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def _offered(shop: RoomShop, **changed: str) -> str:
    """A bargain offered by the leader's form; its public id."""
    leader = member(shop.app, role=Role.LEADER)
    usual = {
        "sku_id": to_public("sku", shop.sku_id),
        "title": "Chop the tea",
        "start_price_minor": "99.00",
        "floor_price_minor": "69.00",
        "chops": "2",
        "hours": "24",
        "buy_at": "reached",
        "newcomer_bps": "10000",
    }
    answer = leader.send("/lead/bargains/new", "/lead/bargains", **(usual | changed))
    assert answer.status_code == 303, answer.text
    assert "Chop the tea" in leader.look("/lead/bargains").text
    return to_public("deal", rows("SELECT deal_id FROM bargain_terms")[0][0])


def _started(somebody: Visitor, offer: str) -> str:
    """The address of the bargain that somebody starts on the offer's page."""
    answer = somebody.send(f"/bargain-offers/{offer}", f"/bargain-offers/{offer}/bargains")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("#")[0]


def test_from_the_leaders_form_to_the_payment_without_a_script(shop: RoomShop) -> None:
    offer = _offered(shop)
    assert "Chop the tea" in visitor(shop.app).look("/bargains").text
    lin = member(shop.app)
    page = _started(lin, offer)
    # The link, the words and the QR code to hand on are there at once.
    assert "qr.svg" in lin.look(page).text
    for name in ("Wang", "Zhou"):
        friend = member(shop.app, name=name)
        answer = friend.send(page, f"{page}/chops")
        assert answer.status_code == 303
        assert "You brought the price down by" in friend.look(page).text
    seen = lin.look(page).text
    assert "At the lowest price" in seen
    assert "Wang" in seen
    bought = lin.send(page, f"{page}/purchase")
    assert bought.headers["Location"].endswith("/pay")
    assert rows("SELECT total_minor FROM orders") == [(6_900,)]
    pay = bought.headers["Location"]
    paying = lin.look(pay).text
    # Nobody waits for a room to fill.
    words = ("It is yours as soon as the payment has arrived.", "when the room is filled", "Back to the room")
    assert [said in paying for said in words] == [True, False, False]
    # The room for one leads back to its bargain.
    room = to_public("room", rows("SELECT id FROM rooms")[0][0])
    assert lin.look(f"/rooms/{room}").headers["Location"] == page
    assert "Pay for it" in lin.look(page).text
    assert lin.send(pay, pay, outcome="succeeded").status_code == 303
    waiting = lin.look(page).text
    assert ("Your payment is on its way" in waiting, "Pay for it" in waiting) == (True, False)


def test_a_stranger_is_led_to_become_a_member_and_gets_a_visitors_cookie(shop: RoomShop) -> None:
    page = _started(member(shop.app), _offered(shop))
    member(shop.app, name="Wang").send(page, f"{page}/chops")
    stranger = visitor(shop.app)
    seen = stranger.look(page)
    assert "socialshop_visitor" in seen.headers["Set-Cookie"]
    assert f"/sign-up?next={page}" in seen.text
    assert "Wang" not in seen.text
    assert "W…" in seen.text


def test_why_a_chop_does_not_count_is_told_on_the_page(shop: RoomShop) -> None:
    page = _started(member(shop.app), _offered(shop))
    first, second = member(shop.app), member(shop.app)
    first.look(page)
    hidden = first.form(page, f"{page}/chops")
    assert first.client.post(f"{page}/chops", data=hidden).status_code == 303
    second.client = first.client
    first.client.set_cookie("socialshop_session", _token(shop))
    again = second.send(page, f"{page}/chops")
    assert "This price was chopped from this device before" in again.text
    assert rows("SELECT count(*) FROM bargain_chops") == [(1,)]


def _token(shop: RoomShop) -> str:
    found = member(shop.app).client.get_cookie("socialshop_session")
    assert found is not None
    return str(found.value)


def test_what_is_wrong_with_an_offer_stands_beside_its_field(shop: RoomShop) -> None:
    leader = member(shop.app, role=Role.LEADER)
    wrong = {
        "sku_id": to_public("sku", shop.sku_id),
        "title": "Chop",
        "start_price_minor": "50",
        "floor_price_minor": "60",
        "chops": "x",
        "hours": "1",
        "buy_at": "never",
        "newcomer_bps": "abc",
    }
    answer = leader.send("/lead/bargains/new", "/lead/bargains", **wrong)
    assert answer.status_code == 422
    assert rows("SELECT count(*) FROM deals") == [(0,)]
    fixed = wrong | {"chops": "3", "buy_at": "floor", "newcomer_bps": "20000"}
    below = leader.send("/lead/bargains/new", "/lead/bargains", **fixed)
    assert "The lowest price must be below the price at the start" in below.text


def test_who_has_started_it_is_led_to_the_own_one(shop: RoomShop) -> None:
    offer, lin = _offered(shop), member(shop.app, name="Lin")
    assert "Start the bargain" in lin.look(f"/bargain-offers/{offer}").text
    own = _started(lin, offer)
    page = lin.look(f"/bargain-offers/{offer}").text
    assert (f'href="{own}"' in page, "Start the bargain" in page) == (True, False)
    assert "Start the bargain" in member(shop.app, name="Chen").look(f"/bargain-offers/{offer}").text


def test_an_unchanged_bargain_costs_a_304(shop: RoomShop) -> None:
    lin = member(shop.app)
    page = _started(lin, _offered(shop))
    text = lin.look(page).text
    tag = text.split('data-seen="')[1].split('" ')[0].replace("&#34;", '"')
    assert lin.client.get(f"{page}/live", headers={"If-None-Match": tag, "Accept-Language": "en"}).status_code == 304


def test_a_deals_address_leads_to_the_bargain_it_is(shop: RoomShop) -> None:
    offer = _offered(shop)
    answer = member(shop.app).look(f"/deals/{offer}")
    assert answer.headers["Location"] == f"/bargain-offers/{offer}"
