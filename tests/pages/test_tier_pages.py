"""The card and the path of a member; programmes as an admin drafts, looks at and publishes them."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from payment_shop import rows
from tiers import Shop
from visitors import Visitor, member, typed_in
from web_client import counts

from socialshop.deals import service as deals
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.coupons import Terms
from socialshop.loyalty.service import NewCoupon
from socialshop.memberships import service as memberships

ENGLISH = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def shop(site: Flask) -> Shop:
    clock = ManualClock(datetime.now(UTC))
    site.extensions["socialshop_clock"] = clock
    return Shop(site, clock)


@pytest.fixture
def admin(shop: Shop) -> Visitor:
    return member(shop.app, role=Role.ADMIN, name="Ada")


def number(person: Visitor) -> int:
    assert person.card is not None
    return int(rows("SELECT number FROM members WHERE id = :id", id=person.card.member_id)[0][0])


def test_a_new_member_sees_what_is_missing_for_the_first_step(shop: Shop) -> None:
    page = member(shop.app).look("/membership").text
    assert "2000 more growth, and you are Silver." in page
    assert "What everybody has." in page
    assert 'href="/membership"' in member(shop.app).look("/me").text


def test_a_member_sees_card_path_benefits_and_why_in_both_languages(shop: Shop) -> None:
    lin = member(shop.app)
    shop.sell(number(lin), 1_250_000)
    page = lin.look("/membership").text
    assert "<strong>Gold</strong>" in page
    assert "37500 more growth, and you are Diamond." in page
    for words in ("Deals 12 hours before the others", "125% of the points"):
        assert page.count(words) >= 2, words
    assert "Growth of 12500 in a 365-day period reached the 10000 that Gold asks" in page
    zh = lin.look("/membership", "zh").text
    assert "金卡会员" in zh
    assert "再积 37500 成长值即可升级为钻石会员" in zh


def test_who_is_about_to_lose_a_tier_reads_it_on_the_card(shop: Shop) -> None:
    lin = member(shop.app)
    order = shop.sell(number(lin), 250_000)
    shop.refund(order, 100_000)
    assert "Your growth no longer holds the tier." in lin.look("/membership").text


def test_an_admin_drafts_from_what_is_in_force_sees_who_moves_and_publishes(shop: Shop, admin: Visitor) -> None:
    silver = member(shop.app)
    shop.sell(number(silver), 250_000)
    growth = {"spend_0": "200", "referral": "50", "activity_0": "0", "activity_1": "7", "day_cap_1": "70"}
    typed = {"name": "Spring", "threshold_1": "2600", "points_2": "140", **growth}
    form = {**dict(_in_force()), **typed}
    answer = admin.send("/admin/tiers", "/admin/tiers", **form)
    assert answer.status_code == 303, answer.text
    page = admin.look(answer.headers["Location"]).text
    assert "down after a warning" in page
    assert "140% of the points" in page
    publish = f"{answer.headers['Location']}/publish"
    assert admin.send(answer.headers["Location"], publish, effective_at="").status_code == 303
    assert rows("SELECT version, code, threshold FROM tiers WHERE version = 2 AND level = 1") == [(2, "silver", 2_600)]
    before, after = (row[0] for row in rows("SELECT document FROM tier_programmes ORDER BY created_at"))
    assert (after["spend"], after["referral_points"]) == ([{"currency": "CNY", "minor_per_point": 200}], 50)
    _, second, *others = before["activities"]
    assert after["activities"] == [second | {"points": 7, "day_cap": 70}, *others]
    shop.pass_days(0)
    assert shop.standing(number(silver))[0] == "silver"
    assert shop.standing(number(silver))[2] is not None


def test_a_tier_is_given_partners_and_a_birthday_gift_and_its_member_takes_the_voucher(
    shop: Shop, admin: Visitor
) -> None:
    """Given both typed by an admin, then the path lists them, and the voucher is taken once on its page."""
    lin, coupon = member(shop.app), "cpn_01k9w3q2mxe5tb6v8c4yd7r1hz"
    shop.sell(number(lin), 250_000)
    typed = {**_in_force(), f"birthday_1-{coupon}": "yes", "partners_1": "cinema, spa"}
    assert admin.send("/admin/tiers", "/admin/tiers", **typed | {"partners_1": "Cinema!"}).status_code == 422
    at = admin.send("/admin/tiers", "/admin/tiers", **typed).headers["Location"]
    assert admin.send(at, f"{at}/publish", effective_at="").status_code == 303
    again = admin.look("/admin/tiers").text
    assert re.search(rf'<input[^>]*name="birthday_1-{coupon}"[^>]* checked', again)
    assert 'value="cinema, spa"' in again
    page = lin.look("/membership").text
    for words in ("1 gift on your birthday", "A voucher every month of cinema, spa"):
        assert page.count(words) == 2, words
    assert "每月一张礼券：cinema、spa" in lin.look("/membership", "zh").text
    with unit_of_work(shop.clock) as uow:
        memberships.load_vouchers(uow, uuid.uuid4(), "cinema", ["C-1"], ("光影影院", "Light cinemas"))
    assert "A voucher every month of Light cinemas, spa" in lin.look("/membership").text
    page = lin.look("/vouchers").text
    assert ("Take the voucher of Light cinemas" in page, page.count("Take the voucher of")) == (True, 2)
    assert "光影影院" in lin.look("/vouchers", "zh").text
    assert lin.send("/vouchers", "/vouchers", partner="cinema").status_code == 303
    assert "None of these vouchers is left" in lin.send("/vouchers", "/vouchers", partner="spa").text
    page = lin.look("/vouchers").text
    assert (page.count("Take the voucher of"), "C-1" in page, "by your tier, " in page) == (1, True, True)
    assert "Partners&#39; vouchers of your tier" in lin.look("/membership").text


def test_a_ladder_that_does_not_rise_is_told_beside_its_field_and_kept_nowhere(shop: Shop, admin: Visitor) -> None:
    answer = admin.send("/admin/tiers", "/admin/tiers", **{**dict(_in_force()), "threshold_2": "10"})
    assert answer.status_code == 422
    assert "Thresholds begin at 0 and rise from tier to tier." in answer.text
    assert rows("SELECT count(*) FROM tier_programmes") == [(1,)]


def test_an_admin_adds_a_tier_and_takes_one_out_by_buttons_alone(shop: Shop, admin: Visitor) -> None:
    """Given a member in silver and a deal and a coupon that name it, who takes silver out sees all three."""
    lin = member(shop.app)
    shop.sell(number(lin), 500_000)
    deal = a_deal(shop, shop.member(), "Tea for silver", minimum_tier="silver")
    with unit_of_work(shop.clock) as uow:
        terms = Terms(kind="amount", currency="CNY", amount_minor=100, tiers=("silver",))
        loyalty.make_coupon(uow, uuid.uuid4(), NewCoupon("Silver off", terms, valid_days=9))
    first = admin.look("/admin/tiers").text
    assert "Tiers left out" not in first
    before = counts("tier_programmes", "audit_entries")

    def press(values: dict[str, str], shape: str) -> str:
        answer = admin.client.post("/admin/tiers/shape", data=values | {"shape": shape}, headers=ENGLISH)
        assert (answer.status_code, '<details id="draft" open>' in answer.text) == (200, True)
        return answer.text

    values = typed_in(press(typed_in(first), "add"))
    assert (values["code_4"], values["points_4"]) == ("", "100")
    page = press(values | {"name": "Typed before"}, "drop-1")
    for words in ("Tiers left out", "Tea for silver", f"/deals/{to_public('deal', deal)}", "Silver off"):
        assert words in page, words
    values = typed_in(page)
    assert (values["name"], "code_1" in values, "spend_0" in values, "activity_1" in values) == (
        "Typed before",
        False,
        True,
        True,
    )
    jade = {"code_4": "jade", "name_zh_4": "翡翠", "name_en_4": "Jade", "threshold_4": "4000", "discount_4": "3"}
    for wrong, told in (
        ({"code_4": "Jade!"}, "Small letters, digits and underscores, a letter first."),
        ({"code_4": "gold"}, "Another tier has this code."),
        ({"threshold_4": "10000"}, "Thresholds begin at 0 and rise from tier to tier."),
    ):
        refused = admin.client.post("/admin/tiers", data=values | jade | wrong, headers=ENGLISH)
        field = next(iter(wrong)) if "code_4" in wrong else "threshold_4"
        assert refused.status_code == 422
        assert f'id="{field}-told">{told}<' in refused.text
    assert counts("tier_programmes", "audit_entries") == before
    drafted = admin.client.post("/admin/tiers", data=values | jade, headers=ENGLISH)
    assert drafted.status_code == 303, drafted.text
    kept = rows("SELECT document -> 'tiers' FROM tier_programmes ORDER BY created_at DESC LIMIT 1")[0][0]
    assert [(tier["code"], tier["threshold"]) for tier in kept] == [
        ("normal", 0),
        ("jade", 4_000),
        ("gold", 10_000),
        ("diamond", 50_000),
    ]
    assert (kept[1]["name_zh"], kept[1]["benefits"]["discount_bps"]) == ("翡翠", 300)
    at = str(drafted.headers["Location"])
    page = admin.look(at).text
    assert re.search(r"<td>Silver</td><td>Jade</td>\s*<td><span[^>]*>up at once", page)
    assert ("Tea for silver" in page, "Silver off" in page) == (True, True)
    zh = admin.look(at, "zh").text
    assert ("被取消的等级" in zh, "翡翠" in zh) == (True, True)


def test_who_is_in_a_tier_that_is_taken_out_is_seen_to_move_to_its_like(shop: Shop, admin: Visitor) -> None:
    silver = member(shop.app)
    shop.sell(number(silver), 250_000)
    values = typed_in(admin.look("/admin/tiers").text)
    none = {name: value for name, value in values.items() if not name.startswith("code_")}
    refused = admin.client.post("/admin/tiers", data=none, headers=ENGLISH)
    assert (refused.status_code, "A programme has from 1 to 12 tiers." in refused.text) == (422, True)
    data = {name: value for name, value in values.items() if not re.fullmatch(r".*_1(-.*)?", name)}
    data |= {name: values[name] for name in ("activity_1", "day_cap_1", "period_cap_1")}
    drafted = admin.client.post("/admin/tiers", data=data, headers=ENGLISH)
    page = admin.look(str(drafted.headers["Location"])).text
    assert re.search(r"<td>Silver</td><td>Normal</td>\s*<td><span[^>]*>moved at once", page)
    assert "No deal, coupon or campaign names them." in page
    assert (
        admin.send(
            str(drafted.headers["Location"]), f"{drafted.headers['Location']}/publish", effective_at=""
        ).status_code
        == 303
    )
    shop.pass_days(0)
    assert shop.standing(number(silver))[0] == "normal"


def test_finance_sees_programmes_and_has_no_form(shop: Shop, admin: Visitor) -> None:
    finance = member(shop.app, role=Role.FINANCE)
    page = finance.look("/admin/tiers").text
    assert "Four tiers" in page
    assert '<form method="post" action="/admin/tiers"' not in page
    programme = to_public("tpr", rows("SELECT id FROM tier_programmes")[0][0])
    assert "published" in finance.look(f"/admin/tiers/{programme}").text


def _in_force() -> dict[str, str]:
    form = {"name": "Four tiers", "period_days": "365", "grace_days": "30"}
    for position, (zh, en, threshold, points, hours) in enumerate(
        [
            ("普通", "Normal", 0, 100, 0),
            ("银卡", "Silver", 2_000, 110, 2),
            ("金卡", "Gold", 10_000, 125, 12),
            ("钻石", "Diamond", 50_000, 150, 24),
        ]
    ):
        form |= {
            f"code_{position}": en.lower(),
            f"name_zh_{position}": zh,
            f"name_en_{position}": en,
            f"threshold_{position}": str(threshold),
            f"discount_{position}": "5",
            f"points_{position}": str(points),
            f"hours_{position}": str(hours),
        }
    acts = rows("SELECT document -> 'activities' FROM tier_programmes ORDER BY created_at LIMIT 1")[0][0]
    form |= {f"{name}_{place}": str(act[name]) for place, act in enumerate(acts) for name in ("day_cap", "period_cap")}
    form |= {f"activity_{place}": str(act["points"]) for place, act in enumerate(acts)}
    return form | {"spend_0": "100", "referral": "100"}


def a_deal(shop: Shop, seller: int, title: str, *, minimum_tier: str) -> uuid.UUID:
    """A deal that begins in three hours."""
    product = deals.NewProduct("Tea", "", 7, [deals.NewSku(secrets.token_hex(4), "box", 900, 9)])
    with unit_of_work(shop.clock) as uow:
        sku = deals.add_product(uow, uuid.uuid4(), product, "CNY").skus[0].id
        begins = shop.clock.now() + timedelta(hours=3)
        terms = deals.NewDeal(sku, title, 2, 800, timedelta(hours=1), starts_at=begins, minimum_tier=minimum_tier)
        return deals.open_deal(uow, uuid.uuid4(), seller, terms).id


def test_a_deal_says_which_tier_it_is_for_and_who_may_come_early(shop: Shop) -> None:
    gold, plain = member(shop.app), member(shop.app)
    shop.sell(number(gold), 1_000_000)
    seller = shop.member()
    deal = a_deal(shop, seller, "Tea for gold", minimum_tier="gold")
    path = f"/deals/{to_public('deal', deal)}"
    early, late = gold.look(path).text, plain.look(path).text
    assert "For Gold and above" in early
    assert "For Gold and above" in late
    assert "you may open a room now" in early
    assert "you may open a room now" not in late
    assert gold.send(path, f"{path}/rooms", quantity="1").status_code == 303
    assert rows("SELECT count(*) FROM rooms") == [(1,)]
