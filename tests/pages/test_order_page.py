"""An order's page says when each step was, and what can still be asked for; ids are told by names and links."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop
from visitors import Visitor, member
from web_client import counts

from socialshop.commissions import service as commissions
from socialshop.commissions.plan import parse_plan
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.loyalty import service as loyalty
from socialshop.orders import service as orders

ADMIN = uuid.UUID("01890000-0000-7000-8000-00000000ad01")
_STEP = re.compile(r'<li class="(done|now|later|failed)"[^>]*>([^\n]*)\n(.*?)</li>', re.DOTALL)


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def seated(buyer: Visitor, deal: str, room: str | None = None) -> str:
    """Take a seat; the address of its order."""
    form = (f"/deals/{deal}", f"/deals/{deal}/rooms") if room is None else (room, f"{room}/seats")
    return buyer.send(*form, quantity="1").headers["Location"].removesuffix("/pay")


def filled(shop: RoomShop, lin: Visitor, chen: Visitor, deal: str) -> tuple[str, str]:
    """A room for two, paid an hour apart; the orders of both."""
    first = seated(lin, deal)
    lin.send(f"{first}/pay", outcome="succeeded")
    shop.settle()
    room = re.search(r'href="(/rooms/[^"]+)"', lin.look(first).text)[1]  # type: ignore[index]
    second = seated(chen, deal, room)
    chen.send(f"{second}/pay", outcome="succeeded")
    shop.settle()
    return first, second


def steps(page: str) -> list[tuple[str, str, str]]:
    """State, words and instant of each step that the page shows."""
    found = _STEP.findall(page)
    return [
        (state, words.strip(), (re.findall(r'datetime="([^"]+)"', rest) or [""])[0]) for state, words, rest in found
    ]


def test_each_step_of_an_order_says_when_it_was_by_the_readers_clock(shop: RoomShop, site: Flask) -> None:
    deal = to_public("deal", shop.deal(2, ttl=86_400))
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    first, _second = filled(shop, lin, chen, deal)
    order_id = from_public("ord", first.rpartition("/")[2])
    clock = shop.pay_shop.clock
    in_unit_of_work(lambda uow: orders.ship(uow, ADMIN, order_id, "SF", "1"), clock)
    paid, full, sent = rows(
        "SELECT s.paid_at, r.closed_at, o.shipped_at FROM orders o JOIN seats s ON s.order_id = o.id"
        " JOIN rooms r ON r.id = o.room_id WHERE o.id = :id",
        id=order_id,
    )[0]
    page = lin.look(first).text
    told = [(state, at[:19]) for state, _words, at in steps(page)]
    instants = [at.astimezone(UTC).isoformat()[:19] for at in (paid, full, sent)]
    assert told[1:] == [
        ("done", instants[0]),
        ("done", instants[1]),
        ("now", instants[2]),
        ("later", ""),
        ("later", ""),
    ]
    assert (sent + timedelta(hours=8)).astimezone(UTC).strftime("%b %Y, %H:%M") in page
    assert lin.send("/me", "/me", display_name="Lin", locale="en", time_zone="UTC").status_code == 303
    assert sent.astimezone(UTC).strftime("%b %Y, %H:%M") in lin.look(first).text
    lin.send(first, f"{first}/receipt")
    arrived = lin.look(first).text
    assert [state for state, _, _ in steps(arrived)] == ["done"] * 4 + ["now", "later"]
    assert "It can be sent back until" in arrived
    assert "前可以退货" in lin.look(f"{first}?lang=zh").text


def test_what_was_asked_back_whole_is_not_offered_again(shop: RoomShop, site: Flask) -> None:
    deal = to_public("deal", shop.deal(2, ttl=86_400))
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    first, _second = filled(shop, lin, chen, deal)
    assert "At most CN¥99.00; leave it empty for all of it." in lin.look(first).text
    lin.send(first, f"{first}/refunds", reason="A part of it", amount_minor="90")
    assert "At most CN¥9.00; leave it empty" in lin.look(first).text
    odd = lin.send(first, f"{first}/refunds", reason="More", amount_minor="abc")
    assert (odd.status_code, "An amount such as 12.50." in odd.text) == (422, True)
    lin.send(first, f"{first}/refunds", reason="The rest", amount_minor="")
    page = lin.look(first).text
    assert "You asked all of the money back. The shop decides, and you see here what." in page
    assert ("Ask for money back" in page, f'action="{first}/refunds"' in page) == (False, False)
    assert counts("refunds") == {"refunds": 2}


def test_a_room_left_open_elsewhere_hears_that_its_payment_is_on_its_way(shop: RoomShop, site: Flask) -> None:
    deal = to_public("deal", shop.deal(2))
    lin = member(site)
    order = seated(lin, deal)
    room = re.search(r'href="(/rooms/[^"]+)"', lin.look(order).text)[1]  # type: ignore[index]
    seen = re.search(r'data-seen="([^"]+)"', lin.look(room).text)[1].replace("&#34;", '"')  # type: ignore[index]
    ask = {"If-None-Match": seen, "Accept-Language": "en"}
    assert lin.client.get(f"{room}/live", headers=ask).status_code == 304
    lin.send(f"{order}/pay", outcome="succeeded")
    told = lin.client.get(f"{room}/live", headers=ask)
    assert (told.status_code, "Your payment is on its way." in told.text) == (200, True)
    assert f'href="{order}/pay"' not in told.text


def test_a_question_and_a_commission_name_what_they_are_about(shop: RoomShop, site: Flask) -> None:
    leg = {"kind": "self", "rate_bps": 250}
    plan = parse_plan({"name": "own", "currency": "CNY", "hold_days": 0, "legs": [leg]})
    in_unit_of_work(lambda uow: commissions.publish_plan(uow, plan, country="CN"), shop.pay_shop.clock)
    deal = to_public("deal", shop.deal(2, ttl=86_400))
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    first, second = filled(shop, lin, chen, deal)
    about = first.rpartition("/")[2]
    ask = f"/me/questions?about={about}"
    assert f'About <a href="{first}">' in lin.look(ask).text
    assert lin.look(f"/me/questions?about={second.rpartition('/')[2]}").status_code == 404
    shown = lin.send(ask, "/me/questions", text="When does it come?").headers["Location"]
    assert f'About <a href="{first}">' in lin.look(shown).text
    why = re.search(r'href="(/earnings/acr_[^"]+)"', lin.look("/earnings").text)[1]  # type: ignore[index]
    page = lin.look(why).text
    assert "The plan gives 2.5% of CN¥99.00." in page
    assert re.search(r"An order of \d+ \w+ \d{4}, [\d:]+: 1 for CN¥99.00\.", page)
    assert f'href="{first}"' in page
    visible = re.sub(r"<[^>]*>", " ", page[page.index("<main") : page.index("</main>")])
    assert re.findall(r"\b(?:ord|acr|rfd|deal|room)_\w+|basis points|minor units", visible) == []


def test_points_say_how_many_can_pay_and_what_is_wrong_with_what_was_typed(shop: RoomShop, site: Flask) -> None:
    # given 150 points, of which a price of 99.00 takes any number from 100 on
    deal = f"/deals/{to_public('deal', shop.deal(2))}"
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    assert lin.card is not None
    lin_id = lin.card.member_id
    in_unit_of_work(lambda uow: loyalty.adjust(uow, ADMIN, lin_id, 150, "test"), shop.pay_shop.clock)
    assert "You have 150 points. From 100 to 150 of them can pay here" in lin.look(deal).text
    assert "满 100 积分可抵扣一部分" in chen.look(deal, "zh").text
    many = {"quantity": "1", "use_points": "1000"}
    for odd, said in (("abc", "A whole number, 1 or more."), ("99", "So few points pay nothing of this price.")):
        refused = lin.send(deal, f"{deal}/rooms", quantity="1", use_points=odd)
        assert (refused.status_code, said in refused.text) == (422, True), odd
    short = lin.send(deal, f"{deal}/rooms", **many)
    assert (short.status_code, short.text.count("You have 150 points.") >= 2) == (409, True)
    assert counts("orders", "point_uses") == {"orders": 0, "point_uses": 0}
    assert lin.send(deal, f"{deal}/rooms", quantity="1", use_points="150").status_code == 303
