"""Looking for a deal on pages, by the address alone, and the pictures of what is found, which an admin keeps."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from community_shop import picture
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop, statements
from visitors import member, visitor
from werkzeug.test import TestResponse

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role

FOUND = re.compile(r'class="card deal" href="/deals/(deal_[0-9a-z]+)"')


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


def test_a_deal_is_looked_for_by_the_address_alone(shop: RoomShop, site: Flask) -> None:
    whole, begun = (to_public("deal", shop.deal(size)) for size in (2, 4))
    shop.join(shop.open(shop.deal(3, newcomer_only=True)).room.id)
    nearest = visitor(site).look("/").text
    assert FOUND.findall(nearest)[1:] == [whole, begun]
    assert "1 seat to go" in nearest
    with statements() as seen:
        page = visitor(site).look("/deals?q=TEA&price_to=99.00&seats_to_go=3&newcomer_only=yes&sort=price").text
    assert len(seen) == 1
    assert FOUND.findall(page) == FOUND.findall(nearest)[:1]
    # Each filter is a link that leads to the same page without it; the order stays.
    assert 'href="/deals?q=TEA&amp;price_to=99.00&amp;newcomer_only=yes&amp;sort=price"' in page
    assert [words in page for words in ("“TEA”", "up to CN¥99.00", "3 seats to go at most", "for newcomers")] == [
        True
    ] * 4
    assert 'name="price_to" type="text" value="99.00"' in page
    assert FOUND.findall(visitor(site).look("/deals?price_from=99.01").text) == []


def test_what_is_not_found_or_makes_no_sense_says_what_to_do(shop: RoomShop, site: Flask) -> None:
    made = to_public("deal", shop.deal())
    nothing = visitor(site).look("/deals?q=bicycle", "zh").text
    assert "没有这样的在售商品" in nothing
    assert 'class="button quiet" href="/deals"' in nothing
    wrong = visitor(site).look("/deals?price_from=cheap&kind=auction&q=tea")
    assert wrong.status_code == 422
    assert ("An amount such as 12.50." in wrong.text, "Choose one of these." in wrong.text) == (True, True)
    assert FOUND.findall(wrong.text) == [made]
    assert visitor(site).look("/deals?price_from=20&price_to=10").status_code == 422
    assert visitor(site).look("/deals?after=cur_x").status_code == 404


def test_pages_follow_one_another_in_the_order_asked_for(shop: RoomShop, site: Flask) -> None:
    made = [to_public("deal", shop.deal(2 + place % 3)) for place in range(21)]
    for first in ("/", "/deals?sort=newest"):
        page = visitor(site).look(first).text
        after = re.search(r'href="(/deals\?[^"]*after=[^"]+)"', page)
        assert after is not None
        rest = visitor(site).look(after[1].replace("&amp;", "&")).text
        assert len(FOUND.findall(page)) == 20
        assert sorted(FOUND.findall(page) + FOUND.findall(rest)) == sorted(made)


def test_pictures_are_kept_by_an_admin_and_shown_wherever_the_goods_are(shop: RoomShop, site: Flask) -> None:
    admin, lin = member(site, role=Role.ADMIN), member(site)
    product, deal = to_public("prd", rows("SELECT id FROM products")[0][0]), shop.deal()
    room, public = to_public("room", shop.open(deal).room.id), to_public("deal", deal)
    places = ("/", "/deals", f"/deals/{public}", f"/products/{product}", f"/rooms/{room}")
    assert ['class="shot none"' in lin.look(path).text for path in places] == [True, True, False, True, False]
    desk, said = f"/admin/products/{product}", {"alt_en": "A tin", "alt_zh": "茶罐"}
    form = admin.form(desk, f"{desk}/pictures") | said

    def upload(content: bytes) -> TestResponse:
        file = (io.BytesIO(content), "tin.svg")
        return admin.client.post(f"{desk}/pictures", data={**form, "content": file}, headers={"Accept": "text/html"})

    assert (upload(b"<svg/>").status_code, rows("SELECT count(*) FROM shop_pictures")[0][0]) == (422, 0)
    assert [upload(picture(800, 600)).status_code, upload(picture(800, 600)).status_code] == [303, 303]
    form = admin.form(desk, f"{desk}/pictures") | said
    upload(picture(640, 480))
    first, second = (to_public("gpc", row[0]) for row in rows("SELECT id FROM shop_pictures ORDER BY place"))
    address = f"{desk}/pictures/{second}"
    form = admin.form(desk, address)
    assert admin.client.post(f"{address}/earlier", data=form).status_code == 303
    words = {f"alt_en-{second}": "A pot", f"alt_zh-{second}": "茶壶"}
    assert admin.client.post(address, data=form | words).status_code == 303
    (cover,) = rows("SELECT digest FROM shop_pictures WHERE place = 1 AND alt_en = 'A pot'")
    for path in places:
        assert f'src="/api/v1/goods-pictures/{cover[0]}/middle"' in lin.look(path).text, path
        assert 'alt="茶壶"' in lin.look(path, "zh").text, path
    assert admin.client.post(f"{desk}/pictures/{first}/removal", data=form).status_code == 303
    assert rows("SELECT count(*) FROM shop_pictures")[0][0] == 1
