"""Coupons over HTTP: made and given by an admin, seen by their member, quoted, taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from coupon_shop import coupon_faults
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop
from web_client import Person, counts, refusal, sign_up

from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role

TERMS = {"kind": "amount", "currency": "CNY", "amount_minor": 1_000, "minimum_minor": 5_000, "stacking": "other_kinds"}


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def admin(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.ADMIN)


def made(admin: Person, **changed: Any) -> dict[str, Any]:
    body = {"title": "Ten off", "terms": TERMS, "valid_days": 30} | changed
    answer = admin.call("POST", "/admin/coupons", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def given(admin: Person, coupon: dict[str, Any], *people: Person, period: str = "May") -> int:
    ids = [to_public("mbr", person.card.member_id) for person in people]
    answer = admin.call("POST", f"/admin/coupons/{coupon['id']}/issues", json={"member_ids": ids, "period": period})
    return int(answer.get_json()["issued"])


def test_a_coupon_goes_from_the_shop_to_a_price(shop: RoomShop, admin: Person) -> None:
    lin, other = sign_up(shop.app), sign_up(shop.app)
    coupon = made(admin, budget_minor=1_500, issue_limit=3)
    assert (given(admin, coupon, lin), given(admin, coupon, lin), given(admin, coupon, lin, period="June")) == (1, 0, 1)
    mine = lin.call("GET", "/me/coupons").get_json()["data"]
    assert [(one["title"], one["status"], one["gives_en"]) for one in mine] == [("Ten off", "open", "CN¥10.00 off")] * 2
    assert mine[0]["conditions_zh"] == ["满 ¥50.00 可用", "可与其他类型的券叠加"]
    assert other.call("GET", "/me/coupons").get_json()["data"] == []
    deal = to_public("deal", shop.deal(2))
    quoted = lin.call("POST", f"/deals/{deal}/quotes", json={}).get_json()
    assert [(line["kind"], line["amount"]["amount_minor"], line["words_zh"]) for line in quoted["lines"]] == [
        ("goods", 9_900, "商品"),
        ("coupon", -1_000, "优惠券「Ten off」"),
    ]
    assert (quoted["total"]["amount_minor"], [one["amount"]["amount_minor"] for one in quoted["coupons"]]) == (
        8_900,
        [1_000],
    )
    assert [(one["reason"], one["why_en"]) for one in quoted["unused_coupons"]] == [
        ("others_save_more", "Without it you pay less, or the same.")
    ]
    plain = lin.call("POST", f"/deals/{deal}/quotes", json={"coupons": "none"}).get_json()
    assert (plain["total"]["amount_minor"], plain["coupons"], plain["unused_coupons"]) == (9_900, [], [])
    assert counts("coupon_uses") == {"coupon_uses": 0}
    body = {"coupon_ids": [mine[0]["id"]]}
    seat = lin.call("POST", f"/deals/{deal}/rooms", key="a", json=body).get_json()
    assert seat["payment"]["amount"]["amount_minor"] == seat["order"]["total"]["amount_minor"] == 8_900
    assert [line["kind"] for line in seat["order"]["lines"]] == ["goods"]
    order = lin.call("GET", f"/orders/{seat['order']['id']}").get_json()
    assert order["price"] == seat["order"]["price"]
    taken = lin.call("GET", "/me/coupons").get_json()["data"]
    assert sorted(one["status"] for one in taken) == ["open", "reserved"]
    assert {one["order_id"] for one in taken} == {None, seat["order"]["id"]}
    found = admin.call("GET", f"/admin/coupons/{coupon['id']}").get_json()
    assert (found["issued"], found["uses"], found["taken"]["amount_minor"]) == (2, 1, 1_000)
    # 5.00 of the budget are left, which is less than the coupon takes.
    again = lin.call("POST", f"/deals/{deal}/quotes", json={}).get_json()
    assert [one["reason"] for one in again["unused_coupons"]] == ["budget_used_up"]
    assert coupon_faults() == []


def test_a_coupon_of_a_channel_acts_for_who_comes_through_it_alone(shop: RoomShop, admin: Person) -> None:
    lin, friend = sign_up(shop.app), sign_up(shop.app)
    given(admin, made(admin, terms=TERMS | {"channels": ["moments", "wechat"]}), lin, friend)
    codes = {
        channel: friend.call("POST", "/invite-links", json={"kind": "member", "channel": channel}).get_json()["code"]
        for channel in ("moments", "mail")
    }
    deal, room = to_public("deal", shop.deal(2)), to_public("room", shop.open(shop.deal(9)).room.id)

    def asked(person: Person, path: str, **body: str) -> tuple[int, list[str]]:
        found = person.call("POST", path, json=body).get_json()
        return found["total"]["amount_minor"], [one["reason"] for one in found["unused_coupons"]]

    for path in (f"/deals/{deal}/quotes", f"/rooms/{room}/quotes"):
        assert asked(lin, path, invite_code=codes["moments"]) == (8_900, [])
        assert asked(lin, path, invite_code=codes["mail"]) == (9_900, ["other_channel"])
        assert asked(lin, path) == (9_900, ["other_channel"])
        assert asked(friend, path, invite_code=codes["moments"]) == (9_900, ["other_channel"]), "one's own link"
    plain = lin.call("POST", f"/rooms/{room}/seats", key="a", json={"invite_code": codes["mail"]}).get_json()
    taken = lin.call("POST", f"/deals/{deal}/rooms", key="b", json={"invite_code": codes["moments"]}).get_json()
    own = friend.call("POST", f"/deals/{deal}/rooms", key="c", json={"invite_code": codes["moments"]}).get_json()
    assert [seat["order"]["total"]["amount_minor"] for seat in (plain, taken, own)] == [9_900, 8_900, 9_900]
    (mine,) = lin.call("GET", "/me/coupons").get_json()["data"]
    assert "through an invitation by moments, wechat" in mine["conditions_en"]
    assert coupon_faults() == []


def test_who_is_given_a_coupon_hears_of_it_once_with_a_mail_that_may_be_declined(shop: RoomShop, admin: Person) -> None:
    lin, other = sign_up(shop.app), sign_up(shop.app)
    lin.call("PATCH", "/me", json={"locale": "en"})
    assert other.call("PATCH", "/me", json={"notices": {"email": {"membership": False}}}).status_code == 200
    coupon = made(admin)
    for _ in range(2):
        given(admin, coupon, lin, other)
    told = [who.call("GET", "/me/notices").get_json()["data"] for who in (lin, other)]
    assert [[(one["kind"], one["target"][:4]) for one in each] for each in told] == [[("coupon_given", "cph_")]] * 2
    assert "A coupon for you: “Ten off”" in told[0][0]["text"]
    mails = "SELECT count(*) FROM mails WHERE kind = 'coupon_given'"
    assert rows(mails) == [(1,)]


def test_named_coupons_that_cannot_act_are_refused_and_nothing_is_taken(shop: RoomShop, admin: Person) -> None:
    lin, other = sign_up(shop.app), sign_up(shop.app)
    given(admin, made(admin, terms=TERMS | {"minimum_minor": 99_999}), lin)
    (mine,) = lin.call("GET", "/me/coupons").get_json()["data"]
    deal = to_public("deal", shop.deal(2))
    for person, reason in ((lin, "below_minimum"), (other, "gone")):
        answer = person.call("POST", f"/deals/{deal}/rooms", key="a", json={"coupon_ids": [mine["id"]]})
        assert refusal(answer) == (409, "coupon_unusable", "coupon_ids")
        assert answer.get_json()["reason"] == reason
    both = lin.call("POST", f"/deals/{deal}/quotes", json={"coupons": "none", "coupon_ids": [mine["id"]]})
    assert refusal(both)[1] == "invalid_value"
    assert counts("orders", "coupon_uses") == {"orders": 0, "coupon_uses": 0}


@pytest.mark.parametrize(
    "changed",
    [
        {"terms": TERMS | {"rate_bps": 100}},
        {"terms": {"kind": "percentage", "currency": "CNY", "rate_bps": 100}},
        {"terms": {"kind": "gift", "currency": "CNY", "gift": "A cup"}},
        {"terms": TERMS | {"amount_minor": 0}},
        {"terms": TERMS | {"currency": "XXZ"}},
        {"terms": TERMS | {"nonsense": 1}},
        {"valid_days": None},
        {"valid_until": "2020-01-01T00:00:00Z"},
        {"title": " "},
    ],
)
def test_a_coupon_that_is_not_well_formed_leaves_nothing(
    shop: RoomShop, admin: Person, changed: dict[str, object]
) -> None:
    body = {"title": "Ten off", "terms": TERMS, "valid_days": 30} | changed
    assert admin.call("POST", "/admin/coupons", json=body).status_code == 422
    assert rows("SELECT count(*) FROM coupons") == [(0,)]


def test_coupons_come_page_by_page_and_a_limit_ends_them(shop: RoomShop, admin: Person) -> None:
    people = [sign_up(shop.app) for _ in range(3)]
    coupon = made(admin, issue_limit=2)
    assert given(admin, coupon, *people) == 2
    for number in range(2):
        made(admin, title=f"another {number}")
    first = admin.call("GET", "/admin/coupons?limit=2").get_json()
    assert [one["title"] for one in first["data"]] == ["another 1", "another 0"]
    rest = admin.call("GET", f"/admin/coupons?limit=2&cursor={first['next_cursor']}").get_json()
    assert [one["issued"] for one in rest["data"]] == [2]
    before = counts("coupon_holdings", "audit_entries")
    own = {"member_ids": [to_public("mbr", admin.card.member_id)], "period": "own"}
    answer = admin.call("POST", f"/admin/coupons/{coupon['id']}/issues", json=own)
    assert refusal(answer) == (403, "self_adjustment", "member_ids")
    assert counts("coupon_holdings", "audit_entries") == before
    nobody = to_public("mbr", new_id())
    unknown = {"member_ids": [nobody], "period": "x"}
    assert refusal(admin.call("POST", f"/admin/coupons/{coupon['id']}/issues", json=unknown))[0] == 422
