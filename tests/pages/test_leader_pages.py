"""The leaders' desk without a script: open a deal, follow its rooms, remind, share it, read what it brought."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import Member, RoomShop, faults, room_shop, statements
from visitors import Visitor, member
from web_client import counts

from socialshop.commissions import service as commissions
from socialshop.commissions.plan import parse_plan
from socialshop.deals import service as deals
from socialshop.deals.service import NewProduct, NewSku
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role

HOST_LEG = {"kind": "host", "rate_bps": 200}


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


@pytest.fixture
def leader(shop: RoomShop) -> Visitor:
    return member(shop.app, role=Role.LEADER, name="Wang")


def number_of(somebody: Visitor) -> int:
    assert somebody.card is not None
    return int(rows("SELECT number FROM members WHERE id = :id", id=somebody.card.member_id)[0][0])


def a_plan_in_force(shop: RoomShop) -> None:
    plan = parse_plan(
        {
            "name": "eight and two",
            "currency": "CNY",
            "hold_days": 3,
            "legs": [{"kind": "sale", "level": 1, "rate_bps": 800}, HOST_LEG],
        }
    )
    in_unit_of_work(lambda uow: commissions.publish_plan(uow, plan, country="CN"), shop.pay_shop.clock)


def terms(shop: RoomShop, **changed: str) -> dict[str, str]:
    usual = {
        "sku_id": to_public("sku", shop.sku_id),
        "title": "Tea for two",
        "price_minor": "99.00",
        "group_size": "2",
        "room_hours": "24",
        "hold_minutes": "15",
        "per_member_limit": "",
        "quota": "",
        "starts_at": "",
        "ends_at": "",
        "draft": "no",
        "minimum_tier": "",
    }
    return usual | changed


def opened(shop: RoomShop, leader: Visitor, **changed: str) -> str:
    """A deal made by its form; its public id."""
    answer = leader.send("/lead/deals/new", "/lead/deals", **terms(shop, **changed))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].split("/")[3]


def test_a_deal_for_a_tier_is_opened_by_its_form(shop: RoomShop, leader: Visitor) -> None:
    page = leader.look("/lead/deals/new").text
    assert "Gold and above" in page
    assert "Of a deal that begins later, some come before the others:" in page
    refused = leader.send("/lead/deals/new", "/lead/deals", **terms(shop, minimum_tier="emperor"))
    assert refused.status_code == 422
    assert rows("SELECT count(*) FROM deals") == [(0,)]
    deal = opened(shop, leader, minimum_tier="gold")
    assert rows("SELECT minimum_tier FROM deals") == [("gold",)]
    assert "For Gold and above" in member(shop.app).look(f"/deals/{deal}").text


def test_a_deal_is_opened_by_its_form_and_its_share_kit_is_there_in_both_languages(
    shop: RoomShop, leader: Visitor
) -> None:
    deal = opened(shop, leader, per_member_limit="2", quota="50", ends_at="2099-12-31T20:00")
    page = leader.look(f"/lead/deals/{deal}").text
    assert "The deal is open. Share it below." in page
    assert "CN¥99.00" in page
    assert "CN¥109.00" in page
    assert re.search(r'value="http[^"]+/i/[2-9A-Z]{10}"', page)
    assert "Buy “Tea for two” together with me for CN¥99.00" in page
    assert "一起买「Tea for two」，一起买价 ¥99.00" in page
    assert "/qr.svg" in page
    assert "Tea for two" in member(shop.app).look("/").text
    kept = rows("SELECT group_size, price_minor, per_member_limit, quota, ends_at AT TIME ZONE 'UTC' FROM deals")
    # Eight in the evening by the shop's clock.
    assert [(*row[:4], str(row[4])) for row in kept] == [(2, 9900, 2, 50, "2099-12-31 12:00:00")]


def test_a_deal_that_is_sent_twice_is_opened_once(shop: RoomShop, leader: Visitor) -> None:
    hidden = leader.form("/lead/deals/new", "/lead/deals")
    first = leader.client.post("/lead/deals", data=hidden | terms(shop))
    second = leader.client.post("/lead/deals", data=hidden | terms(shop))
    assert first.headers["Location"] == second.headers["Location"]
    assert counts("deals")["deals"] == 1


def test_wrong_terms_say_so_beside_themselves_and_make_nothing(shop: RoomShop, leader: Visitor) -> None:
    before = counts("deals", "invite_links")
    wrong = terms(
        shop,
        title="",
        price_minor="12,5",
        group_size="1",
        room_hours="157",
        hold_minutes="0",
        quota="none",
        starts_at="tomorrow",
        per_member_limit="0",
        draft="maybe",
        sku_id="sku_x",
    )
    answer = leader.send("/lead/deals/new", "/lead/deals", **wrong)
    assert answer.status_code == 422
    marked = set(re.findall(r'id="([a-z_]+)"[^>]*aria-invalid="true"', answer.text))
    assert marked == set(wrong) - {"ends_at", "draft", "minimum_tier"}
    assert 'value="12,5"' in answer.text
    assert "<details open>" in answer.text
    for changed in ({"price_minor": "0"}, {"ends_at": "2001-01-01T00:00"}, {"ends_at": "2026-02-30T00:00"}):
        assert leader.send("/lead/deals/new", "/lead/deals", **terms(shop, **changed)).status_code == 422, changed
    assert counts("deals", "invite_links") == before


def test_the_preview_shows_the_card_of_members_and_what_a_sale_earns(shop: RoomShop, leader: Visitor) -> None:
    a_plan_in_force(shop)
    before = counts("deals", "idempotency_answers")
    hidden = leader.form("/lead/deals/new", "/lead/deals")
    typed = terms(shop, group_size="3", title="Fresh tea")
    headers = {"Accept-Language": "en", "Accept": "text/html"}
    page = leader.client.post("/lead/deals/preview", data=hidden | typed, headers=headers).text
    preview = page[page.index('id="preview"') :]
    assert "<h2>Fresh tea</h2>" in preview
    for said in ("CN¥99.00", "CN¥109.00", "for groups of 3"):
        assert said in preview
    # 8 % and 2 % of 9900; two guests of a room of three, the leader's own seat earning the leader nothing.
    for said in ("CN¥7.92", "CN¥1.98", "CN¥9.90"):
        assert said in preview
    assert "everybody else invited by you: CN¥19.80." in preview
    assert 'value="Fresh tea"' in page
    dear = leader.client.post("/lead/deals/preview", data=hidden | terms(shop, price_minor="109"), headers=headers)
    assert "nobody would wait for a room" in dear.text
    half = leader.client.post(
        "/lead/deals/preview", data=hidden | terms(shop, price_minor="", group_size="x"), headers=headers
    )
    assert (half.status_code, "The price comes once it is typed." in half.text) == (200, True)
    assert counts("deals", "idempotency_answers") == before


def test_the_preview_names_the_field_that_is_not_right(shop: RoomShop, leader: Visitor) -> None:
    page = leader.send("/lead/deals/new", "/lead/deals", **terms(shop))
    hidden = leader.form("/lead/deals/new", "/lead/deals")
    typed = hidden | terms(shop, quota="abc", price_minor="")
    page = leader.client.post("/lead/deals/preview", data=typed, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    marked = set(re.findall(r'id="([a-z_]+)"[^>]*aria-invalid="true"', page.text))
    assert marked == {"quota"}
    assert "<strong>At most, in all</strong>: A whole number, 1 or more." in page.text


def test_without_a_plan_the_preview_says_that_a_sale_earns_nothing(shop: RoomShop, leader: Visitor) -> None:
    hidden = leader.form("/lead/deals/new", "/lead/deals")
    page = leader.client.post("/lead/deals/preview", data=hidden | terms(shop), headers={"Accept-Language": "en"}).text
    assert "No commission plan is in force" in page


def test_a_draft_is_seen_by_its_leader_alone_until_it_is_published(shop: RoomShop, leader: Visitor) -> None:
    deal = opened(shop, leader, draft="yes")
    assert "A draft waits to be published: Tea for two" in leader.look("/lead").text
    assert member(shop.app).look(f"/deals/{deal}").status_code == 404
    stranger = member(shop.app, role=Role.LEADER, name="Zhao")
    for path in (f"/lead/deals/{deal}", f"/lead/deals/{deal}/results", f"/lead/deals/{deal}/rooms"):
        assert stranger.look(path).status_code == 404, path
    hidden = leader.form(f"/lead/deals/{deal}", f"/lead/deals/{deal}/publish")
    theirs = stranger.form("/lead/deals/new", "/lead/deals")
    assert stranger.client.post(f"/lead/deals/{deal}/publish", data=theirs).status_code == 404
    assert member(shop.app).look(f"/deals/{deal}").status_code == 404
    published = leader.client.post(f"/lead/deals/{deal}/publish", data=hidden)
    assert published.status_code == 303
    assert member(shop.app).look(f"/deals/{deal}").status_code == 200
    assert "/qr.svg" in leader.look(f"/lead/deals/{deal}").text


def test_rooms_stand_on_the_overview_and_a_reminder_reaches_each_member_once_a_day(
    shop: RoomShop, leader: Visitor
) -> None:
    deal = opened(shop, leader, group_size="3")
    joined = shop.open(from_public("deal", deal))
    room = to_public("room", joined.room.id)
    page = leader.look("/lead").text
    assert "1 room has members who have yet to pay" in page
    assert "1 of 3 seats taken" in page
    action = f"/lead/deals/{deal}/rooms/{room}/reminder"
    told = leader.send("/lead", action, **{"from": "overview"})
    assert told.headers["Location"] == "/lead"
    assert "1 member was reminded." in leader.look("/lead").text
    assert counts("notices")["notices"] == 1
    again = leader.send(f"/lead/deals/{deal}", action)
    assert again.headers["Location"] == f"/lead/deals/{deal}#rooms"
    assert "everybody hears of a room once a day" in leader.look(f"/lead/deals/{deal}").text
    assert counts("notices")["notices"] == 1
    admin = member(shop.app, role=Role.ADMIN, name="Root")
    assert "reminder" not in admin.look(f"/lead/deals/{deal}").text


def test_a_reminder_for_a_room_that_is_over_is_refused_on_the_page(shop: RoomShop, leader: Visitor) -> None:
    deal = opened(shop, leader, room_hours="1")
    room = to_public("room", shop.open(from_public("deal", deal)).room.id)
    action = f"/lead/deals/{deal}/rooms/{room}/reminder"
    hidden = leader.form(f"/lead/deals/{deal}", action)
    shop.tick(3700)
    answer = leader.client.post(action, data=hidden, headers={"Accept-Language": "en"})
    assert (answer.status_code, "The room is over." in answer.text) == (409, True)
    assert counts("notices")["notices"] == 0
    assert "cancelled" in leader.look(f"/lead/deals/{deal}").text


def test_the_live_part_answers_304_for_two_reads_until_a_room_changes(shop: RoomShop, leader: Visitor) -> None:
    deal = opened(shop, leader, group_size="3")
    joined = shop.open(from_public("deal", deal))
    path = f"/lead/deals/{deal}/rooms"
    seen = re.search(r'data-seen="([^"]+)"', leader.look(path).text)
    assert seen is not None
    tag = seen[1].replace("&#34;", '"')
    headers = {"If-None-Match": tag, "Accept-Language": "en", "Accept": "text/html"}
    with statements() as sent:
        assert leader.client.get(path, headers=headers).status_code == 304
    assert len(sent) == 2, sent  # who asks, and the versions
    shop.join(joined.room.id)
    fresh = leader.client.get(path, headers=headers)
    assert (fresh.status_code, "2 of 3 seats taken" in fresh.text) == (200, True)
    assert leader.client.get(path, headers=headers | {"Accept-Language": "zh"}).status_code == 200


def test_results_say_by_day_what_was_taken_filled_sold_and_earned(shop: RoomShop, leader: Visitor) -> None:
    a_plan_in_force(shop)
    deal = opened(shop, leader)
    host = shop.open(from_public("deal", deal), Member(number_of(leader)))
    guest = shop.join(host.room.id)
    alone = shop.open(from_public("deal", deal))
    for joined in (host, guest):
        shop.pay(joined)
    shop.settle()
    page = leader.look(f"/lead/deals/{deal}/results").text
    today = re.findall(r'<tr><th scope="row">.*?</tr>', page, re.DOTALL)[-1]
    # Three seats taken; 2 x 9900 sold; the host's 2 % of the guest's 9900.
    assert re.findall(r'data-value="([^"]+)"', today) == ["3", "1", "198.00", "1.98"]
    assert len(re.findall(r'<tr><th scope="row">', page)) == 14
    assert len(re.findall(r'<tr><th scope="row">', leader.look(f"/lead/deals/{deal}/results?days=30").text)) == 30
    assert len(re.findall(r'<tr><th scope="row">', leader.look(f"/lead/deals/{deal}/results?days=31").text)) == 14
    assert "CN¥1.98" in leader.look("/lead").text
    assert "filled" in leader.look(f"/lead/deals/{deal}").text
    assert shop.seats(alone.room.id)[0] == "open"
    assert faults(shop) == []


@pytest.mark.parametrize(
    "path",
    [
        "/lead",
        "/lead/deals",
        "/lead/deals/{}",
        "/lead/deals/{}/rooms",
        "/lead/team",
        "/lead/links",
        "/lead/deals/{}/results",
        "/lead/deals/new",
    ],
)
def test_a_page_costs_the_same_statements_however_much_there_is(shop: RoomShop, leader: Visitor, path: str) -> None:
    deal = opened(shop, leader, group_size="4")
    shop.open(from_public("deal", deal))

    def cost() -> int:
        leader.look(path.format(deal))
        with statements() as sent:
            assert leader.look(path.format(deal)).status_code == 200
        return len(sent)

    few = cost()
    for _ in range(3):
        opened(shop, leader)
        joined = shop.open(from_public("deal", deal))
        shop.join(joined.room.id)
    assert cost() == few
    assert few <= 8


def test_the_desk_speaks_chinese(shop: RoomShop, leader: Visitor) -> None:
    deal = opened(shop, leader)
    shop.open(from_public("deal", deal))
    for path, said in (
        ("/lead", "正在拼的团"),
        ("/lead/deals/new", "会员看到的样子"),
        (f"/lead/deals/{deal}", "分享这个团购"),
        (f"/lead/deals/{deal}/results", "逐日数据"),
        ("/lead/team", "我的团队"),
        ("/lead/links", "链接"),
    ):
        page = leader.look(path, "zh")
        assert (page.status_code, said in page.text) == (200, True), path


def test_a_leader_pauses_a_deal_goes_on_and_ends_it_after_a_word_of_warning(
    shop: RoomShop, site: Flask, leader: Visitor
) -> None:
    path = f"/lead/deals/{opened(shop, leader)}"
    leader.send(path, f"{path}/pause")
    page = leader.look(path).text
    assert "Paused: nobody can join until you go on." in page
    deal = path.removeprefix("/lead")
    assert "Open a room" not in member(site).look(deal).text
    leader.send(path, f"{path}/resume")
    assert "Open a room" in member(site).look(deal).text
    # Ending asks once more, and nothing is done by looking.
    assert "this cannot be taken back" in leader.look(f"{path}/end").text
    assert "live" in leader.look(path).text
    leader.send(f"{path}/end", f"{path}/end")
    over = leader.look(path).text
    assert 'class="badge ">over' in over
    assert "/pause" not in over
    # Another leader finds nothing to move.
    other = member(site, role=Role.LEADER, name="Other")
    token = other.form("/me", "/sign-out")["csrf_token"]
    for act in ("pause", "resume", "end"):
        assert other.client.post(f"{path}/{act}", data={"csrf_token": token}).status_code == 404


def test_a_ladder_with_a_perk_for_newcomers_is_opened_by_its_form_and_previewed_and_seen(
    shop: RoomShop, leader: Visitor
) -> None:
    a_plan_in_force(shop)
    typed = {
        "price_steps.1.size": "3",
        "price_steps.1.price_minor": "88.00",
        "price_steps.2.size": "5",
        "price_steps.2.price_minor": "70.00",
        "host_perk": "commission_rate",
        "perk_value": "5.5",
        "newcomer_only": "yes",
        "return_days": "10",
    }
    hidden = leader.form("/lead/deals/new", "/lead/deals")
    headers = {"Accept-Language": "en", "Accept": "text/html"}
    page = leader.client.post("/lead/deals/preview", data=hidden | terms(shop, **typed), headers=headers).text
    preview = page[page.index('id="preview"') :]
    # The deal's own 5.5 % of the first price, rounded down.
    for said in ("CN¥70.00", "from 5", "CN¥5.44", "Who hosts the room, by the deal"):
        assert said in preview
    deal = opened(shop, leader, **typed)
    assert rows("SELECT group_size, price_minor, price_steps, host_perk, newcomer_only, return_days FROM deals") == [
        (
            5,
            9_900,
            [{"size": n, "price_minor": p} for n, p in ((2, 9_900), (3, 8_800), (5, 7_000))],
            {"kind": "commission", "rate_bps": 550},
            True,
            10,
        )
    ]
    page = leader.look(f"/deals/{deal}").text
    assert page.count('<rect class="stair') == 3
    assert "2 more who pay, and the group comes about." in page
    assert "For who buys here for the first time" in page
    desk = leader.look(f"/lead/deals/{deal}").text
    assert desk.count("earns 5.5%") == 1
    # The prices, with how many people each is paid, in the terms and in what is sent along; "2–5" is the room's size.
    for said in ("Price for each, with 5 people", "2–5", ": CN¥99.00 each with 2, CN¥70.00 each with 5: http"):
        assert said in desk
    assert "，2 人起每人 ¥99.00，满 5 人每人 ¥70.00：http" in desk
    host = shop.open(from_public("deal", deal))
    shop.pay(host)
    shop.pay(shop.join(host.room.id))
    shop.settle()
    room = leader.look(f"/rooms/{to_public('room', host.room.id)}").text
    assert 'class="stair reached here"' in room
    assert "1 more who pays saves everybody CN¥11.00 each." in room
    shop.tick(24 * 3_600)
    shop.settle()
    assert (
        "The room is filled with 2: each pays CN¥99.00."
        in leader.look(f"/rooms/{to_public('room', host.room.id)}").text
    )


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"price_steps.1.size": "2", "price_steps.1.price_minor": "88.00"}, "price_steps.1.size"),
        ({"price_steps.1.size": "3", "price_steps.1.price_minor": "99.00"}, "price_steps.1.price_minor"),
        ({"price_steps.1.size": "3"}, "price_steps.1.price_minor"),
        ({"host_perk": "percentage", "perk_value": "51"}, "perk_value"),
        ({"host_perk": "commission_fixed", "perk_value": "x"}, "perk_value"),
        ({"host_perk": "", "perk_value": "5"}, "perk_value"),
        ({"host_perk": "free_seat", "perk_value": "5"}, "perk_value"),
        ({"return_days": "6"}, "return_days"),
    ],
)
def test_what_is_wrong_with_a_ladder_or_a_perk_is_told_beside_its_field(
    shop: RoomShop, leader: Visitor, typed: dict[str, str], field: str
) -> None:
    answer = leader.send("/lead/deals/new", "/lead/deals", **terms(shop, **typed))
    assert answer.status_code == 422
    assert f'id="{field}-told"' in answer.text
    assert rows("SELECT count(*) FROM deals") == [(0,)]


def test_a_price_far_below_the_one_alone_is_asked_about_once(shop: RoomShop, leader: Visitor) -> None:
    # given tea at 129.00 alone; half of it is no matter
    alone = rows("SELECT price_minor FROM skus")[0][0]
    half = f"{alone // 200}.{alone // 2 % 100:02d}"
    cheap, zh = {"price_minor": "0.01"}, {"language": "zh"}
    asked = leader.send("/lead/deals/new", "/lead/deals", **terms(shop, **cheap))
    assert (asked.status_code, 'id="cheap_is_meant"' in asked.text) == (422, True)
    assert f"A group pays CN¥0.01, and who buys alone CN¥{alone // 100}" in asked.text
    assert "确认使用该低价" in leader.send("/lead/deals/new", "/lead/deals", **zh, **terms(shop, **cheap)).text
    steps = {"price_steps.1.size": "5", "price_steps.1.price_minor": "1.00"}
    assert leader.send("/lead/deals/new", "/lead/deals", **terms(shop, **steps)).status_code == 422
    assert counts("deals") == {"deals": 0}
    assert leader.send("/lead/deals/new", "/lead/deals", **terms(shop, price_minor=half)).status_code == 303
    meant = terms(shop, **cheap, cheap_is_meant="yes")
    assert leader.send("/lead/deals/new", "/lead/deals", **meant).status_code == 303
    assert rows("SELECT price_minor FROM deals ORDER BY price_minor") == [(1,), (alone // 2,)]


def test_kinds_of_a_product_are_offered_by_the_form_and_chosen_on_the_pages(shop: RoomShop, leader: Visitor) -> None:
    units = [NewSku("s", "100 g", 10_900, 3), NewSku("l", "500 g", 10_900, 3), NewSku("x", "1 kg", 10_900, 0)]
    with unit_of_work(shop.pay_shop.clock) as uow:
        found = deals.add_product(uow, uuid.uuid4(), NewProduct("Oolong", "", 7, units), "CNY").skus
    small, large, none_left = (to_public("sku", unit.id) for unit in found)
    typed = {"sku_id": small, f"also.{large}": "yes", f"also.{none_left}": "yes"}
    deal = opened(shop, leader, **typed)
    page = leader.look(f"/deals/{deal}").text
    assert re.findall(r'<option value="(sku_\w+)"( disabled)?', page) == [
        (small, ""),
        (large, ""),
        (none_left, " disabled"),
    ]
    answer = leader.send(f"/deals/{deal}", f"/deals/{deal}/rooms", sku_id=large, quantity="2")
    assert answer.status_code == 303
    assert rows("SELECT l.sku_id, l.title, l.quantity FROM order_lines l") == [
        (from_public("sku", large), "Tea for two, 500 g", 2)
    ]
    room = to_public("room", rows("SELECT id FROM rooms")[0][0])
    guest = member(shop.app, name="Li")
    assert f'<option value="{large}"' in guest.look(f"/rooms/{room}").text
    assert guest.send(f"/rooms/{room}", f"/rooms/{room}/seats", sku_id=large, quantity="1").status_code == 303
    assert rows("SELECT stock FROM skus WHERE id = :id", id=from_public("sku", large)) == [(0,)]
