"""A flash session from the leaders' desk to the phone of who waits for it, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop, statements
from visitors import Visitor, member, visitor

from socialshop.deals import service as deals
from socialshop.deals.service import NewDeal
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role

HOUR = timedelta(hours=1)


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def _draft(shop: RoomShop, leader: Visitor, title: str) -> str:
    assert leader.card is not None
    number = rows("SELECT number FROM members WHERE id = :id", id=leader.card.member_id)[0][0]
    new = NewDeal(shop.sku_id, title, 2, 9_000, HOUR, draft=True)
    with unit_of_work(shop.pay_shop.clock) as uow:
        return to_public("deal", deals.open_deal(uow, leader.card.member_id, number, new).id)


def _typed(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%dT%H:%M")


def _announce(shop: RoomShop, leader: Visitor, *deals_in_order: str) -> str:
    now = shop.pay_shop.clock.now()
    places = {f"place-{deal}": str(place) for place, deal in enumerate(deals_in_order, 1)}
    said = {"brand": "Hill Tea", "title": "Two hours of tea", "intro": "Fresh.", "stream_url": ""}
    clock = {"starts_at": _typed(now + HOUR), "ends_at": _typed(now + 3 * HOUR)}
    kept = leader.send("/lead/sessions/new", "/lead/sessions", **said, **clock, **places)
    assert kept.status_code == 303, kept.text
    return str(kept.location.rpartition("/")[2])


def _pass(shop: RoomShop, span: timedelta) -> None:
    shop.pay_shop.clock.advance(span)
    in_unit_of_work(deals.turn_sessions, shop.pay_shop.clock)
    shop.work()


def test_a_leader_announces_and_pins_and_who_looks_sees_it_at_the_next_look(shop: RoomShop) -> None:
    leader, buyer = member(shop.app, role=Role.LEADER, name="Wang"), member(shop.app)
    first, second = _draft(shop, leader, "Green tea"), _draft(shop, leader, "Black tea")
    session = _announce(shop, leader, first, second)
    address, desk = f"/flash-sessions/{session}", f"/lead/sessions/{session}"
    # It stands on the shop front, and whoever wants it is told when it begins.
    assert address in visitor(shop.app).look("/").text
    assert buyer.send(address, f"{address}/reminder", wanted="yes").status_code == 303
    assert "Do not tell me after all" in buyer.look(address).text
    # Changed at the desk, where the form says what it was, the deals follow.
    form = leader.look(f"{desk}/edit").text
    assert all(f'value="{text}"' in form for text in ("Hill Tea", "Two hours of tea", "1", "2"))
    later = _typed(shop.pay_shop.clock.now() + 4 * HOUR)
    changed = leader.send(
        f"{desk}/edit",
        f"{desk}/edit",
        **{"brand": "Hill Tea", "title": "Three hours of tea", "intro": "", "stream_url": "https://twitch.tv/x"},
        **{"starts_at": "", "ends_at": later, f"place-{first}": "2", f"place-{second}": "1"},
    )
    assert changed.status_code == 303, changed.text
    assert len(rows("SELECT DISTINCT starts_at, ends_at FROM deals")) == 1
    _pass(shop, HOUR)
    assert f'href="{address}"' in buyer.look("/notices").text
    seen = buyer.look(address).text
    assert seen.index("Black tea") < seen.index("Green tea")
    assert 'href="https://twitch.tv/x" rel="noopener noreferrer nofollow"' in seen
    tag = seen.partition('data-seen="')[2].partition('" data-live')[0].replace("&#34;", '"')
    with statements() as asked:
        again = buyer.client.get(f"{address}/live", headers={"If-None-Match": tag, "Accept-Language": "en"})
    # Who it is, and one read by key.
    assert (again.status_code, len(asked)) == (304, 2)
    pinned = leader.form(f"{desk}/cancel", f"{desk}/cancel") | {"pick_id": first}
    pin = leader.client.post(f"{desk}/pin", data=pinned)
    assert pin.status_code == 303, pin.text
    news = buyer.client.get(f"{address}/live", headers={"If-None-Match": tag, "Accept-Language": "en"})
    assert "The host speaks of: Green tea" in news.text


def test_the_kit_of_a_session_is_one_tap_away_and_has_all_of_it(shop: RoomShop) -> None:
    leader, buyer = member(shop.app, role=Role.LEADER), member(shop.app)
    session = _announce(shop, leader, _draft(shop, leader, "Green tea"))
    address = f"/flash-sessions/{session}"
    made = buyer.send(address, f"{address}/kit")
    assert (made.status_code, made.location) == (303, f"{address}/kit")
    kit = buyer.look(f"{address}/kit").text
    code = rows("SELECT code FROM invite_links WHERE kind = 'session' ORDER BY id DESC LIMIT 1")[0][0]
    for part in (f"/i/{code}/qr.svg", f"/i/{code}/kit.zip", f"/i/{code}", "Hill Tea flash session", "Hill Tea专场"):
        assert part in kit, part
    # The desk has it too, with the figures; finance reads them and runs nothing.
    desk = leader.look(f"/lead/sessions/{session}").text
    assert "/kit.zip" in desk
    assert (desk.count(">yours<"), desk.count(">a member’s<")) == (1, 1)
    finance = member(shop.app, role=Role.FINANCE)
    assert "What it brought" in finance.look(f"/admin/sessions/{session}").text
    assert finance.look(f"/lead/sessions/{session}").status_code == 403
    assert member(shop.app, role=Role.LEADER).look(f"/lead/sessions/{session}").status_code == 404


def test_what_is_wrong_stands_beside_its_field_and_calling_off_asks_first(shop: RoomShop) -> None:
    leader = member(shop.app, role=Role.LEADER)
    deal = _draft(shop, leader, "Green tea")
    said = {"brand": "B", "title": "T", "intro": "", "starts_at": "", f"place-{deal}": "1"}
    soon = _typed(shop.pay_shop.clock.now() + HOUR)
    for wrong, typed in (
        ("ends_at", {"ends_at": "2099-01-01T00:00", "stream_url": ""}),
        ("stream_url", {"ends_at": soon, "stream_url": "https://evil.example/"}),
    ):
        refused = leader.send("/lead/sessions/new", "/lead/sessions", **said, **typed)
        assert refused.status_code == 422
        assert f'<p class="wrong" id="{wrong}-told">' in refused.text
    assert rows("SELECT count(*) FROM flash_sessions") == [(0,)]
    session = _announce(shop, leader, deal)
    desk = f"/lead/sessions/{session}"
    assert leader.send(f"{desk}/cancel", f"{desk}/cancel").status_code == 303
    assert rows("SELECT cancelled_at IS NOT NULL FROM flash_sessions") == [(True,)]
    assert "cancelled" in visitor(shop.app).look(f"/flash-sessions/{session}").text
