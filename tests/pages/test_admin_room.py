"""A room as the shop's people see it, and cancelling it for a reason that its members read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from room_shop import RoomShop, room_shop
from visitors import member
from web_client import counts

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def test_an_admin_cancels_a_room_with_a_reason_that_is_read(shop: RoomShop) -> None:
    room = shop.open(shop.deal(size=3)).room.id
    ada, ben = member(shop.app, role=Role.ADMIN, name="Ada"), member(shop.app, role=Role.FINANCE, name="Ben")
    path = f"/admin/rooms/{to_public('room', room)}"
    assert "Cancel the room" not in ben.look(path).text
    before = counts("audit_entries")
    assert ada.send(path, f"{path}/cancel", reason="").status_code == 422
    assert counts("audit_entries") == before
    assert ada.send(path, f"{path}/cancel", reason="The tea is wet.").status_code == 303
    assert "The tea is wet." in ada.look(path).text
    assert shop.seats(room)[0] == "cancelled"
