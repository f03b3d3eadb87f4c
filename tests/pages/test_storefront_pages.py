"""A storefront made at the leaders' desk and looked at, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from community_shop import picture
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop
from visitors import member, visitor

from socialshop.deals import service as deals
from socialshop.deals.service import NewPicture
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def test_a_leader_picks_and_everybody_sees_it_in_that_order(shop: RoomShop) -> None:
    leader = member(shop.app, role=Role.LEADER, name="Wang")
    deal, product = to_public("deal", shop.deal()), to_public("prd", rows("SELECT id FROM products")[0][0])
    typed = {"title": "The tea corner", "intro": "What I drink.", f"place-{deal}": "2", f"place-{product}": "1"}
    kept = leader.send("/lead/storefront", "/lead/storefront", **typed)
    assert kept.status_code == 303, kept.text
    front = to_public("sfr", rows("SELECT id FROM storefronts")[0][0])
    seen = visitor(shop.app).look(f"/storefronts/{front}").text
    assert seen.index(f"/products/{product}") < seen.index(f"/deals/{deal}")
    assert "What I drink." in seen
    # The link and its figures stand at the desk.
    desk = leader.look("/lead/storefront").text
    assert "qr.svg" in desk
    assert 'value="1"' in desk.split(f'name="place-{product}"')[1][:40]


def test_a_place_that_is_no_number_stands_beside_its_field(shop: RoomShop) -> None:
    leader, deal = member(shop.app, role=Role.LEADER), to_public("deal", shop.deal())
    answer = leader.send("/lead/storefront", "/lead/storefront", title="Tea", intro="", **{f"place-{deal}": "first"})
    assert answer.status_code == 422
    assert rows("SELECT count(*) FROM storefronts") == [(0,)]


def test_an_admin_takes_a_banner_down_from_the_page_that_shows_it_and_says_why(shop: RoomShop) -> None:
    leader, admin = member(shop.app, role=Role.LEADER), member(shop.app, role=Role.ADMIN)
    leader.send("/lead/storefront", "/lead/storefront", title="Tea", intro="")
    ((key,),) = rows("SELECT id FROM storefronts")
    ((number, member_id),) = rows("SELECT number, id FROM members WHERE role = 'leader'")
    new = NewPicture(picture(900, 300), "A tin of tea", "茶罐")
    with unit_of_work() as uow:
        deals.set_banner(uow, SimpleNamespace(member_id=member_id, number=number, role=Role.LEADER), new)
    page = f"/storefronts/{to_public('sfr', key)}"
    assert "Take the banner down" not in leader.look(page).text
    assert "Take the banner down" in admin.look(page).text
    assert admin.send(page, f"{page}/banner-removal", reason="").status_code == 422
    assert rows("SELECT count(*) FROM shop_pictures") == [(1,)]
    assert admin.send(page, f"{page}/banner-removal", reason="not ours").status_code == 303
    assert rows("SELECT count(*) FROM shop_pictures") == [(0,)]
