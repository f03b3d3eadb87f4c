"""Tiers over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from money_people import number_of
from payment_shop import rows
from room_shop import statements
from tiers import Shop
from web_client import PASSWORD, Person, refusal, sign_up

from socialshop.infra.clock import ManualClock
from socialshop.kernel.roles import Role

LADDER = [
    {"code": "plain", "name_zh": "普通", "name_en": "Plain", "threshold": 0},
    {
        "code": "best",
        "name_zh": "最好",
        "name_en": "Best",
        "threshold": 2_400,
        "benefits": {"points_multiplier_bps": 20_000},
    },
]
DOCUMENT = {"name": "Two", "period_days": 100, "grace_days": 5, "tiers": LADDER}


@pytest.fixture
def shop(app: Flask) -> Shop:
    clock = ManualClock(datetime.now(UTC))
    app.extensions["socialshop_clock"] = clock
    return Shop(app, clock)


@pytest.fixture
def admin(shop: Shop) -> Person:
    return sign_up(shop.app, role=Role.ADMIN)


def signed_in_again(person: Person) -> Person:
    """The same member, after the session ran out."""
    body = {"email": person.card.email, "password": PASSWORD}
    return replace(person, token=person.client.post("/api/v1/sessions", json=body).get_json()["token"])


def test_everybody_sees_the_tiers_and_what_each_asks_and_gives(shop: Shop) -> None:
    tiers = shop.app.test_client().get("/api/v1/tiers").get_json()["data"]
    assert [(tier["code"], tier["threshold"]) for tier in tiers] == [
        ("normal", 0),
        ("silver", 2_000),
        ("gold", 10_000),
        ("diamond", 50_000),
    ]
    assert tiers[3]["benefits"] == {
        "monthly_coupons": [],
        "birthday_coupons": [],
        "partner_vouchers": [],
        "discount_bps": 0,
        "free_shipping": False,
        "points_multiplier_bps": 15_000,
        "early_access_hours": 24,
        "exclusive_deals": True,
        "service_line": False,
    }


def test_a_member_sees_the_own_path_and_each_change_with_its_reason_in_both_languages(shop: Shop) -> None:
    lin = sign_up(shop.app)
    shop.sell(number_of(lin), 250_000)
    with statements() as seen:
        found = lin.call("GET", "/me/membership").get_json()
    # the token; the ladder, the benefits, growth by kind, the standing, what was used.
    assert len(seen) == 6, seen
    assert (found["tier"], found["name_zh"], found["growth"]) == ("silver", "银卡会员", 2_500)
    assert (found["next"]["code"], found["missing"], found["lapses_at"]) == ("gold", 7_500, None)
    assert found["growth_parts"] == [{"kind": "order", "entries": 1, "points": 2_500}]
    changes = lin.call("GET", "/me/membership/changes").get_json()
    assert changes["next_cursor"] is None
    assert [change["why"] for change in changes["data"]] == [
        "Growth of 2500 in a 365-day period reached the 2000 that Silver asks (programme version 1)."
    ]
    zh = lin.call("GET", "/me/membership/changes", headers={"Accept-Language": "zh"}).get_json()
    assert zh["data"][0]["why"] == "365 天内成长值 2500，达到银卡会员所需的 2000（方案版本 1）。"
    assert lin.call("GET", "/me").get_json()["tier"] == "silver"


def test_changes_come_page_by_page_and_are_only_the_own(shop: Shop) -> None:
    lin, other = sign_up(shop.app), sign_up(shop.app)
    shop.sell(number_of(lin), 250_000)
    shop.pass_days(365)
    shop.pass_days(30)
    lin, other = (signed_in_again(person) for person in (lin, other))
    first = lin.call("GET", "/me/membership/changes?limit=2").get_json()
    assert [change["kind"] for change in first["data"]] == ["downgraded", "warned"]
    rest = lin.call("GET", f"/me/membership/changes?limit=2&cursor={first['next_cursor']}").get_json()
    assert ([change["kind"] for change in rest["data"]], rest["next_cursor"]) == (["upgraded"], None)
    assert other.call("GET", "/me/membership/changes").get_json()["data"] == []


def test_an_admin_drafts_sees_who_moves_and_publishes(shop: Shop, admin: Person) -> None:
    lin = sign_up(shop.app)
    shop.sell(number_of(lin), 250_000)
    draft = admin.call("POST", "/admin/tier-programmes", json=DOCUMENT).get_json()
    assert (draft["status"], draft["version"]) == ("draft", None)
    assert draft["document"]["tiers"][0]["benefits"]["points_multiplier_bps"] == 10_000
    moves = admin.call("GET", f"/admin/tier-programmes/{draft['id']}/moves").get_json()["data"]
    assert moves == [
        {
            "from_tier": "silver",
            "to_tier": "best",
            "direction": "up",
            "members": 1,
            "examples": [lin.call("GET", "/me").get_json()["id"]],
        }
    ]
    published = admin.call("POST", f"/admin/tier-programmes/{draft['id']}/publish", json={}).get_json()
    assert (published["status"], published["version"]) == ("published", 2)
    shop.pass_days(0)
    found = lin.call("GET", "/me/membership").get_json()
    assert (found["tier"], found["benefits"]["points_multiplier_bps"], found["next"]) == ("best", 20_000, None)
    listed = admin.call("GET", "/admin/tier-programmes").get_json()["data"]
    assert [(row["document"]["name"], row["version"]) for row in listed] == [("Two", 2), ("Four tiers", 1)]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"grace_days": 0}, "grace_days"),
        ({"nonsense": 1}, "nonsense"),
        ({"tiers": []}, "tiers"),
        ({"tiers": [{**LADDER[0], "threshold": 5}]}, None),
        ({"activities": [{"kind": "order", "points": 1, "day_cap": 1, "period_cap": 1}]}, None),
        ({"tiers": [{**LADDER[0], "benefits": {"early_access_hours": -1}}]}, "tiers.0.benefits.early_access_hours"),
    ],
)
def test_a_programme_that_is_not_well_formed_leaves_nothing(
    shop: Shop, admin: Person, changed: dict[str, object], field: str | None
) -> None:
    answer = admin.call("POST", "/admin/tier-programmes", json=DOCUMENT | changed)
    assert answer.status_code == 422, answer.text
    if field is not None:
        assert refusal(answer)[2] == field
    assert rows("SELECT count(*) FROM tier_programmes") == [(1,)]


def test_a_programme_that_would_begin_in_the_past_is_refused_and_nothing_is_published(
    shop: Shop, admin: Person
) -> None:
    draft = admin.call("POST", "/admin/tier-programmes", json=DOCUMENT).get_json()["id"]
    answer = admin.call(
        "POST", f"/admin/tier-programmes/{draft}/publish", json={"effective_at": "2020-01-01T00:00:00Z"}
    )
    assert refusal(answer) == (422, "effective_at_too_early", "effective_at")
    assert rows("SELECT count(*) FROM tier_programme_versions") == [(1,)]
