"""Pictures of goods and banners: made anew in three sizes, kept by who may, served for ever by their content."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from community_shop import in_base64, picture
from flask import Flask
from payment_shop import rows
from PIL import Image
from room_shop import RoomShop, room_shop, statements
from web_client import API, Person, refusal, sign_up

from socialshop.infra.pictures import BOUNDS, Size, in_sizes
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role

SAID = {"alt_en": "A tin of tea", "alt_zh": "茶罐"}


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def admin(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.ADMIN)


def _tea() -> str:
    return to_public("prd", rows("SELECT id FROM products")[0][0])


def _add(admin: Person, content: bytes, product: str = "", **said: str) -> Any:
    body = {"content": in_base64(content), **SAID, **said}
    return admin.call("POST", f"/admin/products/{product or _tea()}/pictures", json=body)


def _kept() -> list[tuple[object, ...]]:
    return [tuple(row) for row in rows("SELECT place, alt_en, digest FROM shop_pictures ORDER BY place")]


def test_a_picture_is_made_anew_in_three_sizes_and_served_for_ever(shop: RoomShop, admin: Person) -> None:
    place = Image.Exif()
    place[0x010E] = "a garden at 31.2 N"
    added = _add(admin, picture(2_000, 1_000, exif=place, quality=95))
    assert added.status_code == 201, added.text
    (shown,) = added.get_json()["pictures"]
    assert (shown["width"], shown["height"], shown["alt_en"], shown["alt_zh"]) == (1280, 640, "A tin of tea", "茶罐")
    client = shop.app.test_client()
    for size, (side, most) in {**BOUNDS, Size.LARGE: (1280, 4_000_000)}.items():
        answer = client.get(shown[f"{size}_url"])
        assert (answer.status_code, answer.content_type) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Cookie" not in answer.headers.get("Vary", "")
        image = Image.open(io.BytesIO(answer.data))
        assert (image.size, dict(image.getexif()), len(answer.data) <= most) == ((side, side // 2), {}, True)
        assert b"garden" not in answer.data
    wrong = (
        shown["small_url"].replace("/small", "/tiny"),
        shown["small_url"][:-8] + "0/small",
        f"{API}/goods-pictures/x/small",
    )
    assert [client.get(path).status_code for path in wrong] == [404, 404, 404]
    # Everywhere goods are shown the first one stands for them, for no statement more.
    deal = to_public("deal", shop.deal())
    with statements() as seen:
        assert client.get(f"{API}/deals").get_json()["data"][0]["picture"] == shown
    assert len(seen) == 1
    assert client.get(f"{API}/deals/{deal}").get_json()["picture"]["id"] == shown["id"]
    assert client.get(f"{API}/products").get_json()["data"][0]["pictures"] == [shown]


def test_even_noise_keeps_within_its_bytes() -> None:
    noise = Image.frombytes("RGB", (1_280, 1_280), os.urandom(1_280 * 1_280 * 3))
    sent = io.BytesIO()
    noise.save(sent, "JPEG", quality=70)
    sized = in_sizes(sent.getvalue(), "content")
    for size, (side, most) in BOUNDS.items():
        assert len(sized.sizes[size]) <= most
        assert max(Image.open(io.BytesIO(sized.sizes[size])).size) <= side


def test_a_picture_is_turned_whatever_else_its_camera_wrote_amiss() -> None:
    # Two entries of EXIF: a width that is no whole number, and "turned".
    entries = struct.pack("<HHIf", 0x0100, 11, 1, 1.5) + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    amiss = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)
    for kind in ("JPEG", "PNG", "WEBP"):
        sized = in_sizes(picture(20, 10, kind=kind, exif=amiss), "content")
        assert (sized.width, sized.height) == (10, 20), kind
        assert not Image.open(io.BytesIO(sized.sizes[Size.LARGE])).getexif()


def test_what_is_no_picture_is_refused_and_nothing_is_kept(shop: RoomShop, admin: Person) -> None:
    for content in (b"", b"GIF89a", b"<svg onload='x'/>", picture(kind="BMP"), picture()[:200]):
        assert refusal(_add(admin, content))[:2] == (422, "picture_refused")
    body = {"content": "no base64!", **SAID}
    answer = admin.call("POST", f"/admin/products/{_tea()}/pictures", json=body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, "content")
    for said in ({"alt_en": " "}, {"alt_zh": "字" * 201}):
        assert _add(admin, picture(), **said).status_code == 422
    assert _add(admin, picture(), product="prd_01k9w3q2mxe5tb6v8c4yd7r1hz").status_code == 404
    for role in (Role.MEMBER, Role.LEADER, Role.FINANCE):
        assert _add(sign_up(shop.app, role=role), picture()).status_code == 403
    assert _kept() == []


def test_pictures_stand_in_an_order_are_described_anew_and_removed(shop: RoomShop, admin: Person) -> None:
    for place in range(1, 9):
        answer = _add(admin, picture(40 + place), alt_en=f"no. {place}")
    ids = [shown["id"] for shown in answer.get_json()["pictures"]]
    before = _kept()
    assert (_add(admin, picture(90)).status_code, _kept()) == (422, before)
    order = f"/admin/products/{_tea()}/pictures/order"
    for wrong in (ids[1:], [*ids[1:], ids[1]], []):
        assert refusal(admin.call("POST", order, json={"ids": wrong}))[0] == 422
    assert _kept() == before
    turned = admin.call("POST", order, json={"ids": ids[::-1]}).get_json()["pictures"]
    assert [shown["alt_en"] for shown in turned] == [f"no. {place}" for place in range(8, 0, -1)]
    assert (
        admin.call("POST", f"/admin/goods-pictures/{ids[7]}", json=SAID).get_json()["pictures"][0]["alt_zh"] == "茶罐"
    )
    assert admin.call("DELETE", f"/admin/goods-pictures/{ids[6]}").status_code == 204
    assert admin.call("DELETE", f"/admin/goods-pictures/{ids[6]}").status_code == 404
    left = ["A tin of tea", *(f"no. {place}" for place in range(6, 0, -1))]
    assert [row[:2] for row in _kept()] == list(enumerate(left, 1))


def test_a_storefront_has_a_banner_of_its_leaders_that_leaves_with_the_leader(shop: RoomShop, admin: Person) -> None:
    lead = sign_up(shop.app, role=Role.LEADER, name="Wang")
    body = {"content": in_base64(picture(900, 300)), **SAID}
    assert refusal(lead.call("POST", "/me/storefront/banner", json=body))[0] == 404
    front = lead.call("POST", "/me/storefront", json={"title": "Tea", "picks": []}).get_json()
    assert front["banner"] is None
    first = lead.call("POST", "/me/storefront/banner", json=body).get_json()["banner"]
    anew = lead.call("POST", "/me/storefront/banner", json=body | {"content": in_base64(picture(600, 300))}).get_json()
    assert anew["banner"]["width"] == 600
    assert shop.app.test_client().get(first["small_url"]).status_code == 404
    # A banner is no picture of goods; an admin takes it down by a tool of its own, and says why.
    assert admin.call("DELETE", f"/admin/goods-pictures/{anew['banner']['id']}").status_code == 404
    removal = f"/admin/storefronts/{front['id']}/banner-removal"
    for _ in range(2):
        taken = admin.call("POST", removal, json={"reason": "not ours"})
        assert (taken.status_code, taken.get_json()["banner"]) == (200, None)
    assert rows("SELECT target, facts FROM audit_entries WHERE action = 'storefront.banner_taken_down'") == [
        (front["id"], {"reason": "not ours"})
    ]
    told = [each["text"] for each in lead.call("GET", "/me/notices").get_json()["data"]]
    assert told == ["商店撤下了你店铺的横幅：not ours"]
    lead.call("POST", "/me/storefront/banner", json=body)
    assert lead.call("DELETE", "/me/storefront/banner").status_code == 204
    assert lead.call("DELETE", "/me/storefront/banner").status_code == 204
    assert _kept() == []
    lead.call("POST", "/me/storefront/banner", json=body)
    held = str(lead.call("GET", "/me/export").get_json())
    assert ("茶罐" in held, "webp_base64" in held) == (True, True)
    assert lead.call("DELETE", "/me").status_code == 200
    assert _kept() == []
