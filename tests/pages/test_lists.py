"""What holds for every list: it costs the same statements however long it is, and an empty one says what next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from admin_desk import asked
from flask import Flask
from room_shop import RoomShop, room_shop, statements
from visitors import Visitor, member, visitor
from web_client import sign_up

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.pages import site as pages
from socialshop.privacy.holdings import HOLDINGS

FEW, MANY = 2, 7
EMPTY = {
    "/": "Nothing is on sale",
    "/orders": "No orders yet",
    "/earnings": "No earnings yet",
    "/wallet": "Nothing has moved yet",
    "/notices": "Nothing to tell yet",
    "/team": "Nobody yet",
}


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def fill(shop: RoomShop, admin: Visitor, lin: Visitor) -> None:
    """One more of everything that an admin's or a member's list shows."""
    deal = to_public("deal", shop.deal(2))
    pay = lin.send(f"/deals/{deal}", f"/deals/{deal}/rooms", quantity="1").headers["Location"]
    lin.send(pay, outcome="succeeded")
    request = asked(sign_up(shop.app), 500)
    admin.send(f"/admin/payouts/{request}", f"/admin/payouts/{request}/approve")
    admin.send("/admin/batches", "/admin/batches")
    asked(sign_up(shop.app), 500)
    unit = {"code_1": f"T{deal[-6:]}", "unit_1": "500 g", "price_1": "9.00", "stock_1": "9"}
    admin.send("/admin/products", "/admin/products", title="Tea", return_days="7", **unit)
    leg = {"legs[0].kind": "sale", "legs[0].level": "1", "legs[0].rate_bps": "5"}
    admin.send("/admin/plans/editor", "/admin/plans/editor", name="Spring", hold_days="7", **leg)


def test_a_list_costs_the_same_statements_however_much_there_is(shop: RoomShop, site: Flask) -> None:
    admin, lin = member(site, role=Role.ADMIN, name="Ada"), member(site, name="Lin")

    def costs() -> dict[str, int]:
        found = {}
        for name, row in pages.table_of(site).items():
            if row.method == "GET" and not row.ids and not name.startswith(("leader.", "design.")):
                visit = admin if name.startswith("admin.") else lin
                visit.look(row.path)
                with statements() as seen:
                    visit.look(row.path)
                found[row.path] = len(seen)
        return found

    for _ in range(FEW):
        fill(shop, admin, lin)
    few = costs()
    for _ in range(MANY - FEW):
        fill(shop, admin, lin)
    assert costs() == few
    # All that is held of a person is read table by table, one statement each.
    whole = {path: few.pop(path) for path in ("/privacy/data", "/privacy/data.json")}
    assert max(whole.values()) <= len(HOLDINGS) + 5
    # The page of health asks once a gauge.
    assert max(few.values()) <= 20, {path: asked for path, asked in few.items() if asked > 12}


@pytest.mark.parametrize("path", EMPTY)
def test_an_empty_list_says_so_and_what_to_do_next(site: Flask, path: str) -> None:
    page = (visitor(site) if path == "/" else member(site)).look(path).text
    nothing = page.partition('<div class="nothing">')[2]
    assert EMPTY[path] in nothing
    assert 'class="button quiet" href="' in nothing.partition("</main>")[0]
