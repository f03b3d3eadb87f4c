"""Looking for a deal on pages: by the address alone, each thing asked for can be taken away, nothing found says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from room_shop import RoomShop, room_shop, statements
from visitors import visitor

from socialshop.kernel.ids import to_public

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
