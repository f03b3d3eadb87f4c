"""A deal for some on pages: kept for a segment at the desk, shown with its reason to who is in it alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from market import ZONE
from payment_shop import rows
from room_shop import Member, RoomShop, room_shop
from visitors import Visitor, member, visitor

from socialshop.identity import service as identity
from socialshop.identity.service import Document
from socialshop.infra import wired
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def number_of(person: Visitor) -> int:
    assert person.card is not None
    return int(rows("SELECT number FROM members WHERE id = :id", id=person.card.member_id)[0][0])


def test_a_draft_is_kept_for_a_segment_and_shown_with_its_reason(shop: RoomShop) -> None:
    admin, lin, rui = member(shop.app, role=Role.ADMIN), member(shop.app), member(shop.app, name="Rui")
    with unit_of_work() as uow:
        assert lin.card is not None
        identity.decide_consent(uow, lin.card.member_id, Document.TERMS, given=True)
    deal = to_public("deal", shop.deal(2, draft=True))
    at = "/admin/deal-offers"
    assert admin.send(at, at, deal=deal).status_code == 422
    assert 'name="segment_tier-gold"' in admin.look(at).text
    wrong = admin.send(at, at, "zh", deal=deal, **{"segment_tier-nobody": "yes"})
    assert (wrong.status_code, "现行等级中没有这个代码。" in wrong.text) == (422, True)
    assert admin.send(at, at, deal=deal, **{"segment_tier-gold": "yes"}).status_code == 303
    assert "gold" in admin.look(at).text
    assert admin.send(at, at, deal=deal, newcomer_days="30").status_code == 303
    page = admin.look(at).text
    assert "joined within 30 days" in page
    assert "There is no draft" not in page
    assert "加入未满 30 天" in admin.look(at, "zh").text
    assert admin.send(at, f"{at}/publish").status_code == 303
    assert f'value="{deal}"' not in admin.look(at).text
    while in_unit_of_work(lambda uow: loyalty.offer_due(uow, ZONE), shop.pay_shop.clock):
        pass
    assert "Offered to you and some others, because you joined not long ago." in lin.look(f"/deals/{deal}").text
    assert "专为你和部分会员提供" in lin.look(f"/deals/{deal}", "zh").text
    assert f"/deals/{deal}" in lin.look("/").text
    assert f"/deals/{deal}" in lin.look("/notices").text
    assert rui.look(f"/deals/{deal}").status_code == 404
    assert f"/deals/{deal}" not in rui.look("/").text
    # Who looks after deals sees it without a price of their own; a room of it is seen by who is invited, and by them.
    assert admin.look(f"/deals/{deal}").status_code == 200
    room = to_public("room", shop.open(from_public("deal", deal), Member(number_of(lin))).room.id)
    watched = wired.settings().model_copy(update={"watch_url": "http://127.0.0.1:8001"})
    shop.app.extensions["socialshop_settings"] = watched
    for path in (f"/rooms/{room}", f"/rooms/{room}/live"):
        assert [who.look(path).status_code for who in (lin, admin, rui, visitor(shop.app))] == [200, 200, 404, 404]
        assert "data-watch" not in lin.look(path).text
