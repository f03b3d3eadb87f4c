"""The address book without a script, and an order that gets one of its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from room_shop import RoomShop, room_shop
from visitors import member

from socialshop.identity import service as identity
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role

HOME = {"recipient": "Lin", "phone": "+86 138 0000 0000", "region": "Shanghai", "street": "1 Home Road", "postcode": ""}


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(site, tmp_path) as found:
        yield found


def test_an_address_is_kept_chosen_and_seen_on_the_desk(shop: RoomShop) -> None:
    lin, admin = member(shop.app), member(shop.app, role=Role.ADMIN)
    assert lin.card is not None
    assert "This is needed." in lin.send("/account/addresses", "/account/addresses", **{**HOME, "street": " "}).text
    assert lin.send("/account/addresses", "/account/addresses", **HOME).status_code == 303
    assert "默认地址" in lin.look("/account/addresses", "zh").text
    with unit_of_work() as uow:
        (who,) = identity.named(uow, ids=[lin.card.member_id])
    placed = to_public("ord", shop.open(shop.deal(), who).order.id)
    page = lin.look(f"/orders/{placed}").text
    address_id = page.partition('<option value="adr_')[2][:26]
    assert lin.send(f"/orders/{placed}", f"/orders/{placed}/address", address_id=f"adr_{address_id}").status_code == 303
    assert "1 Home Road" in lin.look(f"/orders/{placed}").text
    assert "1 Home Road" in admin.look(f"/admin/orders/{placed}").text
    assert lin.send("/account/addresses", f"/account/addresses/adr_{address_id}/removal").status_code == 303
    assert "1 Home Road" not in lin.look("/account/addresses").text
