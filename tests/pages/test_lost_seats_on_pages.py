"""A full room's page leads on in one tap, and an order says what became of money that came too late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from room_shop import RoomShop, faults, room_shop
from test_member_journey import follow, opened
from visitors import member

from socialshop.deals.rules import LatePayer
from socialshop.kernel.ids import to_public


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def test_one_tap_leads_from_a_full_room_to_a_seat_in_another(shop: RoomShop, site: Flask) -> None:
    deal = shop.deal(2)
    full, other = shop.open(deal), shop.open(deal)
    shop.join(full.room.id)
    lin = member(site, name="Lin")
    room, path = f"/rooms/{to_public('room', full.room.id)}", f"/deals/{to_public('deal', deal)}/rooms/any"
    assert "换一个团入座" in lin.look(room, "zh").text
    assert "Pay CN¥99.00" in follow(lin, lin.send(room, path))
    assert shop.seats(other.room.id) == ("open", 2, 0)
    assert faults(shop) == []


def test_one_tap_leads_from_the_last_full_room_to_one_of_your_own(shop: RoomShop, site: Flask) -> None:
    deal = shop.deal(2)
    full = shop.open(deal)
    shop.join(full.room.id)
    lin = member(site, name="Lin")
    room, path = f"/rooms/{to_public('room', full.room.id)}", f"/deals/{to_public('deal', deal)}/rooms/any"
    assert "Open a room of your own" in lin.look(room).text
    assert "Pay CN¥99.00" in follow(lin, lin.send(room, path))
    # and the deal's page joins any from there
    zhao = member(site, name="Zhao")
    page = f"/deals/{to_public('deal', deal)}"
    assert "Join the room that is nearest to full" in zhao.look(page).text
    assert "Pay CN¥99.00" in follow(zhao, zhao.send(page, path))


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (LatePayer.REROUTE, "You have a seat in another room."),
        (LatePayer.NEW_ROOM, "A new room was opened, and you are its host."),
        (LatePayer.REFUND, "The money goes back to you. The deal says so."),
    ],
)
def test_the_order_says_what_became_of_late_money(shop: RoomShop, site: Flask, policy: LatePayer, said: str) -> None:
    deal = shop.deal(3, hold=60, late_payer=policy)
    lin = member(site, name="Lin")
    _, pay = opened(lin, to_public("deal", deal))
    shop.tick(61)
    shop.open(deal)
    lin.send(pay, outcome="succeeded")
    shop.work()
    assert said in lin.look(pay.removesuffix("/pay")).text


def test_a_room_for_newcomers_says_to_who_has_bought_why_not_and_what_else(shop: RoomShop, site: Flask) -> None:
    """Given two rooms for newcomers, then who has bought, and who sits in one, is offered no seat that is refused."""
    deal = shop.deal(3, newcomer_only=True)
    first, second = shop.open(deal), shop.open(deal)
    paths = [f"/rooms/{to_public('room', room.room.id)}" for room in (first, second)]
    deal_page = f"/deals/{to_public('deal', deal)}"
    lin, old = member(site, name="Lin"), member(site, name="Zhao")
    assert "Take a seat" in lin.look(paths[0]).text
    lin.send(paths[0], f"{paths[0]}/seats", quantity="1")
    for page in (paths[1], deal_page):
        said = lin.look(page).text
        assert "you have a seat in one" in said
        assert f'href="{paths[0]}"' in said
        assert "/seats" not in said
        assert "/rooms/any" not in said
        assert ">Open a room</button>" not in said
    assert "Pay CN¥99.00" in lin.look(paths[0]).text
    usual = shop.deal(3)
    _, pay = opened(old, to_public("deal", usual))
    old.send(pay, outcome="succeeded")
    shop.work()
    said = old.look(paths[0], "zh").text
    assert "你已经买过" in said
    assert "/seats" not in said
    assert f'href="{deal_page}"' in said
    assert 'href="/"' in said
    assert "Join the room that is nearest to full" not in old.look(deal_page).text
