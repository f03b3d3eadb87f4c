"""Plans with what the guard says of them, products with their stock, members with their team."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from admin_desk import asked
from community_shop import received, tea
from due_work import work
from flask import Flask
from money_people import number_of
from room_shop import statements
from sample_sales import LONG_AGO, Sale, a_plan, confirmed, place, sell
from visitors import Visitor, member, visitor
from web_client import Person, counts, sign_up

from socialshop.commissions import service as commissions
from socialshop.commissions.plan import parse_plan
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.referrals import service as referrals
from socialshop.screening import cases
from socialshop.screening.cases import Case
from socialshop.screening.rules import Severity


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


_EDITOR = "/admin/plans/editor"
_WHOM = {"host": {"kind": "host"}} | {f"level_{up}": {"kind": "sale", "level": str(up)} for up in (1, 2, 3)}


def typed(**shares: str) -> dict[str, str]:
    """A plan as its form sends it."""
    legs = [_WHOM[name] | {"rate_bps": share} for name, share in shares.items()]
    fields = {f"legs[{row}].{name}": value for row, leg in enumerate(legs) for name, value in leg.items()}
    return {"name": "Spring", "hold_days": "7"} | fields


def drafted(admin: Visitor, **shares: str) -> str:
    """Where the draft stands that was typed."""
    answer = admin.send(_EDITOR, _EDITOR, **typed(**shares))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_clean_plan_is_drafted_looked_at_and_published(site: Flask, admin: Visitor) -> None:
    plan = drafted(admin, level_1="8", host="2.5")
    page = admin.look(f"{plan}?sale=200").text
    assert "nothing to say" in page
    assert "CN¥16.00" in page
    assert "CN¥5.00" in page
    assert "Who signs for it" not in page
    # Publishing asks once more and says what changes; nothing is done by looking.
    assert f'href="{plan}/publish"' in page
    asked = admin.look(f"{plan}/publish").text
    assert "No plan is in force: from now on sales earn by “Spring”." in asked
    assert "+CN¥2.50" in re.sub(r"<[^>]+>", "", asked)
    assert counts("commission_plan_versions") == {"commission_plan_versions": 0}
    assert admin.send(f"{plan}/publish", f"{plan}/publish").status_code == 303
    assert admin.look(f"{plan}/publish").status_code == 303
    assert "in force" in admin.look("/admin/plans").text
    # and the next draft is shown beside it
    other = admin.look(drafted(admin, level_1="4")).text
    assert other.index("CN¥4.00") < other.index("CN¥8.00")


def test_a_warning_needs_a_name_and_a_refusal_has_no_button(site: Flask, admin: Visitor) -> None:
    deep = drafted(admin, level_1="8", level_2="3", level_3="1")
    page = admin.look(deep).text
    assert "worth knowing" in page
    assert "somebody has to sign" in page
    before = counts("commission_plan_versions", "audit_entries")
    unsigned = admin.send(f"{deep}/publish", f"{deep}/publish")
    assert unsigned.status_code == 422
    assert "The rules of the country do not allow this plan as it is." in unsigned.text
    assert counts("commission_plan_versions", "audit_entries") == before
    assert admin.send(f"{deep}/publish", f"{deep}/publish", name="Chen Jing, counsel").status_code == 303


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ({}, "A plan pays somebody."),
        ({"level_1": "8,5"}, "A share in percent, such as 7.5."),
        ({"level_1": "8.555"}, "A share in percent, such as 7.5."),
        ({"level_1": "101"}, "More than the whole."),
    ],
)
def test_a_share_that_is_none_is_told_beside_its_field(
    site: Flask, admin: Visitor, shares: dict[str, str], told: str
) -> None:
    answer = admin.send(_EDITOR, _EDITOR, **typed(**shares))
    assert answer.status_code == 422
    assert told in answer.text
    assert counts("commission_plan_drafts") == {"commission_plan_drafts": 0}


def test_shares_that_give_away_more_than_the_sale_are_refused(site: Flask, admin: Visitor) -> None:
    answer = admin.send(_EDITOR, _EDITOR, **typed(level_1="60", host="50"))
    assert answer.status_code == 422
    assert "the shares give away 110% of a sale, more than the whole" in answer.text


def test_a_product_is_put_on_sale_and_its_stock_shown(site: Flask, admin: Visitor) -> None:
    units = {"code_1": "T1", "unit_1": "500 g", "price_1": "129", "stock_1": "3"}
    more = {"code_2": "T2", "unit_2": "1 kg", "price_2": "199.50", "stock_2": "0"}
    typed = {"title": "Tea", "return_days": "7", **units, **more}
    form = admin.form("/admin/products", "/admin/products")
    for _ in range(2):
        assert admin.client.post("/admin/products", data=form | typed).status_code == 303
    page = admin.look("/admin/products").text
    assert "only 3 left" in page
    assert "sold out" in page
    assert "CN¥199.50" in page
    assert counts("products", "skus") == {"products": 1, "skus": 2}
    wrong = admin.send("/admin/products", "/admin/products", **typed | {"price_1": "0", "stock_2": "-1"})
    assert wrong.status_code == 422
    assert "A price is more than nothing." in wrong.text


def test_stock_is_moved_on_its_page_low_first_and_the_list_costs_one_statement(site: Flask, admin: Visitor) -> None:
    units = {"code_1": "T1", "unit_1": "500 g", "price_1": "129", "stock_1": "40"}
    more = {"code_2": "T2", "unit_2": "1 kg", "price_2": "199.50", "stock_2": "3"}
    admin.send("/admin/products", "/admin/products", title="Tea", return_days="7", **units, **more)
    with statements() as seen:
        page = admin.look("/admin/stock").text
    assert len([each for each in seen if "skus" in each]) == 1
    assert page.index("1 kg") < page.index("only 3 left") < page.index("500 g")
    address = re.findall(r'href="(/admin/stock/sku_\w+)"', page)[0]
    assert admin.send(address, address, change="counted_less", quantity="3", note="shelf 4").status_code == 303
    assert admin.send(address, f"{address}/low", low_stock_at="2").status_code == 303
    page = admin.look(address).text
    assert "0 are left" in page
    assert "sold out" in page
    assert page.index("shelf 4") < page.index("put on sale")
    short = admin.send(address, address, change="damaged", quantity="1")
    assert (short.status_code, "Fewer than that are left" in short.text) == (409, True)
    assert "Write it down" not in member(site, role=Role.FINANCE).look(address).text


def test_a_member_is_found_with_sponsors_and_team(site: Flask, admin: Visitor) -> None:
    top, middle, low = (sign_up(site, name=name) for name in ("Top", "Middle", "Low"))
    for person in (top, middle, low):
        name = to_public("mbr", person.card.member_id)
        with statements() as seen:
            assert "data-row" in admin.look(f"/admin/members?find={name}").text
        assert len(seen) <= 2, seen
    numbers = [number_of(person) for person in (top, middle, low)]

    def hang(uow: UnitOfWork) -> None:
        for above, below in pairwise(numbers):
            referrals.correct_sponsor(uow, member_number=below, new_sponsor=above, reason="t", by="t")

    in_unit_of_work(hang)
    page = admin.look(f"/admin/members/{to_public('mbr', top.card.member_id)}").text
    assert page.rindex("Middle") < page.rindex("Low")
    chain = admin.look(f"/admin/members/{to_public('mbr', low.card.member_id)}").text
    assert chain.index("Middle") < chain.index("Top")
    assert "team looked at" in admin.look("/admin/record").text
    assert "data-row" not in admin.look("/admin/members?find=nobody-at-all").text
    assert admin.look("/admin/members?role=admin").text.count("data-row") == 1
    assert admin.look("/admin/members/mbr_00000000000000000000000000").status_code == 404


def test_a_member_is_seen_whole_on_one_page(site: Flask, admin: Visitor) -> None:
    """Given who bought and asked, when the desk looks, then all of it is there, each with its way on."""
    lin, rui = sign_up(site, name="Lin"), sign_up(site, name="Rui")
    at, other = (f"/admin/members/{to_public('mbr', person.card.member_id)}" for person in (lin, rui))
    assert "Nothing yet." in admin.look(at).text
    number = number_of(lin)
    sales = [Sale(number), *[Sale(number_of(rui)) for _ in range(3)]]
    order = in_unit_of_work(lambda uow: sell(uow, sales))[0]
    looks = []
    for path in (at, other):
        with statements() as seen:
            admin.look(path)
        looks.append(len(seen))
    assert looks[0] == looks[1]
    in_unit_of_work(lambda uow: loyalty.earn(uow, number, "mission", "m", 70))
    asked = lin.call("POST", "/questions", json={"topic": "general", "text": "Where is my tea?"}).get_json()["id"]
    page = admin.look(at).text
    for words in ("Normal", "are missing for", "<dd>70", "Where is my tea?", asked, to_public("ord", order)):
        assert words in page, words
    assert "最近购买" in admin.look(at, "zh").text


def mbr(person: Person) -> str:
    return to_public("mbr", person.card.member_id)


def _found(person: Person) -> Case:
    return Case(
        subject=mbr(person),
        code="ring",
        occasion="once",
        severity=Severity.SEVERE,
        evidence={},
        members=frozenset({number_of(person)}),
        rules_version=0,
        shadow=False,
        holds=False,
        expires_at=datetime.now(UTC) + timedelta(days=30),
    )


def test_what_a_member_wrote_and_what_is_told_about_them_stands_on_that_page(site: Flask, admin: Visitor) -> None:
    """Given a leader who wrote, is reported, was found out and asked for money; then the page leads to each of these.

    It takes as many statements as for a leader of whom there is nothing, and one less for who does not lead.
    """
    lin, bare = (sign_up(site, name=name, role=Role.LEADER) for name in ("Lin", "Bo"))
    rui = sign_up(site, name="Rui")
    at, other, plain = (f"/admin/members/{mbr(person)}" for person in (lin, bare, rui))
    body = {"line_id": received(lin, tea()[1]), "title": "Three ways", "text": "First, warm the cup."}
    note = lin.call("POST", "/notes", json=body).get_json()["id"]
    reported = {"subject_id": mbr(lin), "ground": "abuse", "words": "Look at it."}
    report = rui.call("POST", "/reports", json=reported).get_json()["id"]
    payout = asked(lin, 12_345)
    ring = _found(lin)
    in_unit_of_work(lambda uow: cases.open_cases(uow, [ring]))
    with unit_of_work() as uow:
        (found,) = cases.cases(uow, code="ring", limit=1)
    number = number_of(rui)
    in_unit_of_work(lambda uow: referrals.join_circle(uow, lin.card.member_id, number))
    looks, pages = [], []
    for path in (at, other, plain):
        with statements() as seen:
            pages.append(admin.look(path).text)
        looks.append(len(seen))
    assert looks == [36, 36, 35]
    ways = [f"/admin/posts/{note}", f"/admin/reports/{report}", f"/admin/payouts/{payout}"]
    ways += [f"/admin/findings/{to_public('fnd', found.id)}", f"/admin/findings?member={mbr(lin)}&amp;state=any"]
    told = ["Three ways", "It insults or harasses", "CN¥123.45", "A ring of accounts", "severe"]
    told += ["Members of the circle</dt><dd>1<"]
    for words in (*ways, *told):
        assert [words in page for page in pages] == [True, False, False], words
    assert "Members of the circle</dt><dd>0<" in pages[1]
    assert "Members of the circle" not in pages[2]
    chinese = admin.look(at, "zh").text
    assert [words in chinese for words in ("圈子成员", "针对该会员的举报", "评价与笔记", "发现")] == [True] * 4


def test_a_plan_written_as_a_document_is_told_in_words(site: Flask, admin: Visitor) -> None:
    document = {
        "name": "By tier",
        "currency": "CNY",
        "hold_days": 7,
        "legs": [
            {"kind": "tier", "rates": {"gold": 600, "silver": 300}, "reach": 2},
            {
                "kind": "sale",
                "level": 1,
                "rate_bps": 500,
                "when": {"channels": ["live"], "first_order": True, "sold_from": "2026-03-01T00:00:00Z"},
            },
            {"kind": "sale", "level": 1, "rate_bps": 100},
            {"kind": "lead", "fixed_minor": 500, "min_order_minor": 5000},
        ],
        "caps": [{"per": "member", "period": "month", "amount_minor": 90000}, {"per": "plan", "amount_minor": 900000}],
        "activity": {"within_days": 30, "inactive": "pass_up", "reach": 3},
    }
    assert admin.card is not None
    me = admin.card.member_id
    draft = in_unit_of_work(lambda uow: commissions.draft_plan(uow, me, parse_plan(document)))
    kept = f"/admin/plans/{to_public('plan', draft.id)}"
    page = admin.look(kept).text
    for words in (
        "Difference of tiers",
        "silver 3%, gold 6%, up to 2 levels up",
        "Only by links of these channels: live",
        "Only for a buyer&#39;s first order",
        "Only for sales from",
        "bought nothing in the 30 days before is passed over, up to level 3 of the tree",
        "Pays by rank out of what others&#39; teams sell",
        "Pays level 3 above the buyer",
        "Bounty for a first order",
        "CN¥5.00, of an order from CN¥50.00 on",
        "CN¥900.00 a member and month",
        "CN¥9,000.00 in all",
        "Pay for heads and not for sales is prohibited",
    ):
        assert words in page, words
    assert "级差" in admin.look(kept, "zh").text


def test_a_draft_is_changed_and_thrown_away_on_its_page(site: Flask, admin: Visitor) -> None:
    # given a draft, which its form shows as it is
    plan = drafted(admin, level_1="8", host="2.5")
    change, publish = f"{plan}/editor", f"{plan}/publish"
    assert f'href="{change}"' in admin.look(plan).text
    shown = admin.look(change).text
    assert re.findall(r'id="(?:hold_days|legs.\d..rate_bps)"[^>]*value="([^"]*)"', shown) == ["7", "8", "2.5"]
    # when somebody else changes it between looking and publishing
    seen = admin.form(publish, publish)
    assert admin.send(change, change, **typed(level_1="101")).status_code == 422
    assert admin.send(change, change, **typed(level_1="4")).status_code == 303
    headers = {"Accept": "text/html", "Accept-Language": "zh"}
    stale = admin.client.post(publish, data=seen, headers=headers)
    # then what was not seen is not published
    assert (stale.status_code, "草案刚刚被改动" in stale.text) == (409, True)
    assert counts("commission_plan_versions") == {"commission_plan_versions": 0}
    # and finance changes nothing
    finance = member(site, role=Role.FINANCE)
    read = finance.look(change)
    assert (read.status_code, "Keep the draft" in read.text) == (200, False)
    assert finance.send(change, change, **typed(level_1="5")).status_code == 403
    assert admin.send(plan, f"{plan}/discard").status_code == 303
    assert admin.look(plan).status_code == 404
    assert counts("commission_plan_drafts") == {"commission_plan_drafts": 0}


def test_a_plan_is_tried_on_past_sales_and_the_picture_is_read(site: Flask, admin: Visitor) -> None:
    # given a plan of 8 % in force and a sale of 100 under it
    in_unit_of_work(lambda uow: place(uow, {101: None, 102: 101}))
    in_unit_of_work(lambda uow: commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO))
    (order,) = in_unit_of_work(lambda uow: sell(uow, [Sale(102)]))
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(order)))
    plan = drafted(admin, level_1="10", host="1")
    # when it is asked about the year
    span = {"from": "2026-01-01T00:00", "to": "2027-01-01T00:00"}
    before = counts("plan_simulations")
    assert admin.send(plan, f"{plan}/simulations", **span | {"to": "2025-01-01T00:00"}).status_code == 422
    assert admin.send(plan, f"{plan}/simulations", **span, budget="-1").status_code == 422
    assert counts("plan_simulations") == before
    asked = admin.send(plan, f"{plan}/simulations", **span, budget="9")
    assert asked.status_code == 303, asked.text
    simulation = str(asked.headers["Location"])
    assert "Working it out" in admin.look(simulation).text
    work(["simulate_plan"])
    # then
    page = admin.look(simulation).text
    assert "Of CN¥100.00 sold it would have paid CN¥10.00: CN¥2.00 more than the plans that were in force." in page
    assert "The budget of CN¥9.00 would have been spent on 2026-01-01." in page
    assert "1 member would earn. Gini 0.00" in page
    # and the leg of which the record knows nothing is named in both languages
    assert "1 of 1 sold lines were imported from the shop’s past." in page
    assert "The host of its room: known of no line." in page
    assert "拼团的团主：所有行均无记录。" in admin.look(simulation, "zh").text
    assert simulation in admin.look(plan).text


def test_a_product_is_changed_and_taken_off_sale_on_its_page(site: Flask, admin: Visitor) -> None:
    # given two products with a unit each
    for code in ("T1", "T2"):
        unit = {"code_1": code, "unit_1": "500 g", "price_1": "129", "stock_1": "3"}
        admin.send("/admin/products", "/admin/products", title=f"Tea {code}", return_days="7", **unit)
    twice = {"code_1": "T1", "unit_1": "1 kg", "price_1": "199", "stock_1": "3"}
    refused = admin.send("/admin/products", "/admin/products", title="Other", return_days="7", **twice)
    assert (refused.status_code, "A unit of another product has this code." in refused.text) == (422, True)
    # told beside the field that was typed: the second of the form is the third where one between is empty
    own = {"code_1": "T3", "unit_1": "1 kg", "price_1": "199", "stock_1": "3"}
    again = own | {f"{name[:-1]}3": value for name, value in own.items()}
    alike = admin.send("/admin/products", "/admin/products", title="Other", return_days="7", **again)
    assert re.findall(r'id="(code_\d)-told">([^<]*)<', alike.text) == [
        ("code_3", "Two units of a product have the same code.")
    ]
    page = re.findall(r'href="(/admin/products/prd_\w+)"', admin.look("/admin/products").text)[0]
    typed = {"title": "Spring tea", "description": "", "return_days": "14", "skus.0.title": "Tin"}
    wrong = admin.send(page, page, **typed, **{"skus.0.code": "T2", "skus.0.price_minor": "99"})
    assert (wrong.status_code, 'id="skus.0.code-told"' in wrong.text) == (422, True)
    odd = admin.send(page, page, **typed, **{"skus.0.code": "T1", "skus.0.price_minor": "abc"})
    assert (odd.status_code, "An amount such as 12.50." in odd.text) == (422, True)
    assert admin.send(page, page, **typed, **{"skus.0.code": "T1", "skus.0.price_minor": "99"}).status_code == 303
    shown = admin.look(page).text
    assert ("Spring tea" in shown, "CN¥99.00" in shown) == (True, True)
    # when it is taken off sale, members see that, and it is off the lists
    assert admin.send(page, f"{page}/off-sale").status_code == 303
    assert "off sale" in admin.look("/admin/products").text
    public = visitor(site).look(page.removeprefix("/admin"), "zh").text
    assert "该商品暂时下架。" in public
    leader = member(site, role=Role.LEADER, name="Wang")
    assert "Spring tea" not in leader.look("/lead/deals/new").text
    assert admin.send(page, f"{page}/on-sale").status_code == 303
    assert "Spring tea" in leader.look("/lead/deals/new").text
    finance = member(site, role=Role.FINANCE, name="Fang")
    assert f'action="{page}/off-sale"' not in finance.look(page).text
