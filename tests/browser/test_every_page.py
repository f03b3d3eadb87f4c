"""Every page there is, by the table of pages itself: axe clean, nothing cut off, for everybody who may see it."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser

from socialshop.pages.design import design
from socialshop.pages.section import Page
from socialshop.pages.site import SECTIONS
from tests.browser.conftest import DESK, PHONE, Shop, visiting
from tests.browser.test_pages_look import check
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PEOPLE = {
    "nobody": None,
    "member": "member@example.com",
    "leader": "leader@example.com",
    "finance": "finance@example.com",
    "admin": "admin@example.com",
}
# Loaded as a desk loads it, where scripts look at the width; the walk in Chinese loads as a phone does.
BOTH_SIZES = [DESK, PHONE]
# For whom each section is made; all others who may come look in once.
MADE_FOR = {"leader": "leader", "admin": "admin"}
# No pages to look at: parts of pages, and files.
PARTS = {
    "shopper.show_live",
    "shopper.show_live_bargain",
    "shopper.show_live_session",
    "leader.show_rooms",
    "admin.take_file",
    "shopper.take_data",
    "shopper.take_payout_statement",
    "shopper.take_publisher_days",
    "shopper.show_picture",
}
# What is one member's alone.
OWN = {
    *("shopper.explain", "shopper.show_order", "shopper.show_payment", "shopper.show_payout"),
    *("shopper.show_post", "shopper.show_review_form", "shopper.show_note_form"),
    *("shopper.show_link", "shopper.show_statement"),
    *("shopper.show_decision", "shopper.show_question", "shopper.show_circle_notice"),
    *("shopper.show_subscription", "shopper.show_statement"),
}


def table() -> dict[str, Page]:
    """Every page that is looked at, by endpoint."""
    rows = {f"{part.name}.{name}": row for part in (*SECTIONS, design) for name, row in part.rows.items()}
    return {name: row for name, row in rows.items() if row.method == "GET" and name not in PARTS}


def examples(shop: Shop) -> dict[str, str]:
    """For each variable of a page's path something of the demo shop to look at, and pages that say how else."""
    member, admin = PEOPLE["member"], PEOPLE["admin"]
    placed = next(order for order in shop.call("GET", "/orders", member)["data"] if order["room_id"])
    request = shop.call("GET", "/admin/payout-requests?status=submitted", admin)["data"][0]["id"]
    accrual = shop.call("GET", f"/admin/payout-requests/{request}", admin)["accruals"][0]
    reward, redemption = redeemed(shop)
    line, note, product = written(shop)
    return {
        "coupon_id": a_coupon(shop),
        "reward_id": reward,
        "redemption_id": redemption,
        **conduct(shop, note),
        **circle(shop),
        "line_id": line,
        "code": shop.call("GET", "/me", member)["invite_code"],
        "note_id": note,
        "post_id": note,
        "product_id": product,
        "deal_id": shop.call("GET", "/deals")["data"][0]["id"],
        **a_bargain(shop),
        "storefront_id": a_storefront(shop),
        "session_id": a_session(shop),
        "sku_id": shop.call("GET", "/products")["data"][0]["skus"][0]["id"],
        "room_id": placed["room_id"],
        "order_id": placed["id"],
        "month": shop.call("GET", "/me/statements", member)["data"][0]["month"],
        "commission_id": shop.call("GET", "/me/commissions", member)["data"][0]["id"],
        "shopper request_id": shop.call("GET", "/payout-requests", member)["data"][0]["id"],
        "request_id": request,
        "accrual_id": accrual["id"],
        "year": "2026",
        "admin order_id": accrual["order_id"],
        "batch_id": shop.call("GET", "/admin/payout-batches", admin)["data"][0]["id"],
        "subscription_id": subscribed(shop),
        "offer_id": shop.call("GET", "/admin/plan-offers", admin)["data"][0]["id"],
        "campaign_id": a_campaign(shop),
        "survey_id": a_survey(shop),
        "mission_id": a_mission(shop),
        "programme_id": shop.call("GET", "/admin/tier-programmes", admin)["data"][0]["id"],
        "plan_id": shop.call("GET", "/admin/commission-plans", admin)["data"][0]["id"],
        "simulation_id": a_simulation(shop),
        "refund_id": shop.call("GET", "/admin/refunds", admin)["data"][0]["id"],
        "member_id": shop.call("GET", "/me", PEOPLE["leader"])["id"],
        "endpoint_id": an_endpoint(shop),
        "finding_id": a_finding(shop),
        "publisher_id": a_publisher(shop),
        "entry": str(
            shop.call("GET", "/admin/books/statement?first_day=2000-01-01&limit=1", admin)["data"][0]["entry"]
        ),
    }


def a_publisher(shop: Shop) -> str:
    """The demo's leader publishes; asked and approved once."""
    leader, admin = PEOPLE["leader"], PEOPLE["admin"]
    member_id = str(shop.call("GET", "/me", leader)["id"])
    if not any(row["member_id"] == member_id for row in _publishers(shop, "approved")):
        site = {"site_name": "Tea notes", "site_url": "https://tea.example/", "kind": "blog"}
        shop.call("POST", "/me/publisher", leader, site)
        shop.call("POST", f"/admin/publishers/{member_id}/approve", admin, {"reason": "Welcome."})
    return member_id


def _publishers(shop: Shop, status: str) -> list[dict[str, str]]:
    return list(shop.call("GET", f"/admin/publishers?status={status}", PEOPLE["admin"])["data"])


def a_finding(shop: Shop) -> str:
    """Six who are paid on one account, found when somebody registers below one of them; made once."""
    admin = PEOPLE["admin"]
    if not (found := shop.call("GET", "/admin/findings?state=any", admin)["data"]):
        people = [shop.new_member(name) for name in ("Bao", "Cai", "Dai", "Fan", "Gao", "Hao")]
        for email in people:
            account = {"channel": "alipay", "holder": "Bao", "account": "13900000000"}
            shop.call("POST", "/me/payout-destinations", email, account)
        body = {"email": f"ka-{os.urandom(4).hex()}@example.com", "password": "correct horse", "display_name": "Kang"}
        code = shop.call("GET", "/me", people[0])["invite_code"]
        shop.call("POST", "/members", None, {**body, "accept_terms": True, "invite_code": code})
        ends = time.monotonic() + PATIENCE
        while not (found := shop.call("GET", "/admin/findings", admin)["data"]):
            assert time.monotonic() < ends, "nobody judged"
            time.sleep(0.2)
    return str(found[0]["id"])


def a_storefront(shop: Shop) -> str:
    """The leader's storefront with a deal and a product."""
    picks = [shop.call("GET", f"/{name}")["data"][0]["id"] for name in ("deals", "products")]
    front = {"title": "The tea corner", "intro": "What I drink myself.", "picks": picks}
    return str(shop.call("POST", "/me/storefront", PEOPLE["leader"], front)["id"])


def a_session(shop: Shop) -> str:
    """The leader's session, live, with a deal of theirs pinned; the member has a link to it."""
    leader, member = PEOPLE["leader"], PEOPLE["member"]
    if found := shop.call("GET", "/flash-sessions")["data"]:
        return str(found[0]["id"])
    unit = shop.call("GET", "/products")["data"][0]["skus"][0]
    terms = {"sku_id": unit["id"], "title": "Spring tea for two", "group_size": 2, "room_ttl_seconds": 3_600}
    price = unit["price"]["amount_minor"] * 3 // 4
    deals = [shop.call("POST", "/deals", leader, terms | {"price_minor": price, "draft": True}) for _ in range(2)]
    picks = [{"id": deal["id"]} for deal in deals]
    ends_at = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")
    said = {"brand": "山间茶 Hill Tea", "title": "Two hours of spring tea", "intro": "Picked last week."}
    new = {**said, "ends_at": ends_at, "stream_url": "https://live.bilibili.com/7", "picks": picks}
    session = str(shop.call("POST", "/flash-sessions", leader, new)["id"])
    shop.call("POST", f"/flash-sessions/{session}/pin", leader, {"pick_id": picks[0]["id"]})
    for person in (leader, member):
        shop.call("POST", "/invite-links", person, {"kind": "session", "target_id": session})
    return session


def a_bargain(shop: Shop) -> dict[str, str]:
    """A bargain of the member's that the leader has chopped; offered and started once."""
    member, leader = PEOPLE["member"], PEOPLE["leader"]
    if not (offers := shop.call("GET", "/bargain-offers")["data"]):
        unit = shop.call("GET", "/products")["data"][0]["skus"][0]
        most = unit["price"]["amount_minor"]
        terms = {"title": "Chop the spring tea", "start_price_minor": most, "floor_price_minor": most // 2, "chops": 8}
        new = {"sku_id": unit["id"], **terms, "lasts_seconds": 604_800, "newcomer_weight_bps": 20_000}
        offers = [shop.call("POST", "/bargain-offers", leader, new)]
        begun = shop.call("POST", f"/bargain-offers/{offers[0]['id']}/bargains", member, {})
        shop.call("POST", f"/bargains/{begun['id']}/chops", leader, {})
        shop.call("POST", "/invite-links", member, {"kind": "bargain", "target_id": begun["id"]})
    bargain = shop.call("GET", "/me/bargains", member)["data"][0]["id"]
    return {"bargain_id": bargain, "bargain deal_id": offers[0]["id"]}


def a_simulation(shop: Shop) -> str:
    """A plan tried on the sales of all years so far; asked for once."""
    admin = PEOPLE["admin"]
    path = f"/admin/commission-plans/{shop.call('GET', '/admin/commission-plans', admin)['data'][0]['id']}/simulations"
    if found := shop.call("GET", path, admin)["data"]:
        return str(found[0]["id"])
    span = {"from": "2020-01-01T00:00:00Z", "to": "2036-01-01T00:00:00Z", "budget_minor": 100}
    return str(shop.call("POST", path, admin, span)["id"])


def an_endpoint(shop: Shop) -> str:
    """An endpoint of webhooks that hears of every room that fills; made once."""
    admin = PEOPLE["admin"]
    if found := shop.call("GET", "/admin/webhook-endpoints", admin)["data"]:
        return str(found[0]["id"])
    body = {"url": "https://hooks.example/shop", "label": "Warehouse", "event_types": ["room.filled"]}
    return str(shop.call("POST", "/admin/webhook-endpoints", admin, body)["endpoint"]["id"])


def subscribed(shop: Shop) -> str:
    """A trial of a plan; the plan is put on sale, and the trial begun, once."""
    member, admin = PEOPLE["member"], PEOPLE["admin"]
    if not shop.call("GET", "/membership-plans")["data"]:
        prices = [{"growth": 0, "price_minor": 88_800}, {"growth": 1_000, "price_minor": 8_800}]
        terms = [{"term": "month", "prices": [{"growth": 0, "price_minor": 1_500}]}, {"term": "year", "prices": prices}]
        names = {"plan": "vip", "name_zh": "会员卡", "name_en": "VIP card"}
        benefits = {"points_multiplier_bps": 20_000, "early_access_hours": 24}
        offer = {**names, "currency": "CNY", "trial_days": 7, "terms": terms, "benefits": benefits}
        draft = shop.call("POST", "/admin/plan-offers", admin, offer, key="the-offer")
        shop.call("POST", f"/admin/plan-offers/{draft['id']}/publish", admin, {})
    if not (mine := shop.call("GET", "/me/memberships", member)["data"]):
        mine = [shop.call("POST", "/me/memberships/trials", member, {"plan": "vip"})]
    return str(mine[0]["id"])


def a_campaign(shop: Shop) -> str:
    """A campaign that is drawn; planned once."""
    admin = PEOPLE["admin"]
    if found := shop.call("GET", "/admin/campaigns", admin)["data"]:
        return str(found[0]["id"])
    when = {"starts_at": "2036-01-01T00:00:00Z", "ends_at": "2036-02-01T00:00:00Z"}
    plan = {"theme": "spring", "audience": {"kind": "all"}, "control_bps": 2_000, "goal": "buyers", "target": 100}
    body = {"title_zh": "春茶节", "title_en": "Spring tea", "multiplier_bps": 20_000, **when, **plan}
    campaign = shop.call("POST", "/admin/campaigns", admin, body)["id"]
    shop.call("POST", f"/admin/campaigns/{campaign}/draw", admin, {})
    return str(campaign)


def a_survey(shop: Shop) -> str:
    """A survey of every kind of question; opened once."""
    admin = PEOPLE["admin"]
    if found := shop.call("GET", "/admin/surveys", admin)["data"]:
        return str(found[0]["id"])
    options = [{"zh": "绿茶", "en": "Green"}, {"zh": "红茶", "en": "Black"}]
    asked = {"text_zh": "哪种茶？", "text_en": "Which tea?"}
    questions = [
        {"kind": "single", "options": options, **asked},
        {"kind": "multiple", "options": options, **asked},
        {"kind": "scale", **asked},
        {"kind": "text", **asked},
    ]
    body = {"title_zh": "关于茶", "title_en": "About tea", "questions": questions, "closes_at": "2036-01-01T00:00:00Z"}
    return str(shop.call("POST", "/admin/surveys", admin, body)["id"])


def a_mission(shop: Shop) -> str:
    """A mission that goes on; published once."""
    found = shop.call("GET", "/admin/missions", PEOPLE["admin"])["data"]
    terms = {"title_zh": "本月三单", "title_en": "Three orders this month", "times": 3, "points": 50}
    body = {**terms, "kind": "order", "repeats": "month", "closes_at": "2036-01-01T00:00:00Z"}
    mission = found[0] if found else shop.call("POST", "/admin/missions", PEOPLE["admin"], body)
    return str(mission["id"])


def a_coupon(shop: Shop) -> str:
    """A coupon that the member has; made once."""
    admin, member = PEOPLE["admin"], PEOPLE["member"]
    made = shop.call("GET", "/admin/coupons", admin)["data"]
    if not made:
        terms = {"kind": "amount", "currency": "CNY", "amount_minor": 100}
        made = [shop.call("POST", "/admin/coupons", admin, {"title": "One off", "terms": terms, "valid_days": 30})]
        person = shop.call("GET", "/me", member)["id"]
        given = {"member_ids": [person], "period": "a test"}
        shop.call("POST", f"/admin/coupons/{made[0]['id']}/issues", admin, given)
    return str(made[0]["id"])


def redeemed(shop: Shop) -> tuple[str, str]:
    """A reward, and a redemption of it that waits for the shop; asked for once."""
    member, admin = PEOPLE["member"], PEOPLE["admin"]
    offered = shop.call("GET", "/rewards", member)["data"]
    cup = {"title": "A cup for your tea", "points": 10}
    reward = offered[0] if offered else shop.call("POST", "/admin/rewards", admin, cup)
    if not (waiting := shop.call("GET", "/admin/redemptions", admin)["data"]):
        points = f"/admin/members/{shop.call('GET', '/me', member)['id']}/points"
        shop.call("POST", points, admin, {"points": reward["points"], "reason": "a late parcel"}, key="the-gift")
        waiting = [shop.call("POST", f"/rewards/{reward['id']}/redemptions", member, {}, key="the-first")]
    return reward["id"], waiting[0]["id"]


def received(shop: Shop) -> dict[str, str]:
    """A line of an order whose goods the member has; one is sent if there is none."""
    member, admin = PEOPLE["member"], PEOPLE["admin"]
    if not (lines := shop.call("GET", "/me/received-lines", member)["data"]):
        on_its_way = [o for o in shop.call("GET", "/orders", member)["data"] if o["status"] in {"confirmed", "shipped"}]
        sent = {"carrier": "SF", "tracking": "SF-1"}
        shop.call("POST", f"/admin/orders/{on_its_way[0]['id']}/shipment", admin, sent)
        shop.call("POST", f"/orders/{on_its_way[0]['id']}/receipt", member, {})
        lines = shop.call("GET", "/me/received-lines", member)["data"]
    found: dict[str, str] = lines[0]
    return found


def written(shop: Shop) -> tuple[str, str, str]:
    """A line that the member has received, a published note about it, and its product; written once."""
    member, admin = PEOPLE["member"], PEOPLE["admin"]
    line = received(shop)
    if not (posts := shop.call("GET", "/me/posts", member)["data"]):
        body = {"line_id": line["line_id"], "title": "Three ways to brew it", "text": "First, warm the cup.\n" * 5}
        posts = [shop.call("POST", "/notes", member, body)]
        shop.call("POST", f"/admin/posts/{posts[0]['id']}/publish", admin, {"version": 1})
        review = {"line_id": line["line_id"], "rating": 4, "text": "Fresh, and the box was whole."}
        shop.call("POST", "/reviews", member, review)
    note = next(post["id"] for post in posts if post["kind"] == "note")
    return line["line_id"], note, line["product_id"]


def conduct(shop: Shop, note: str) -> dict[str, str]:
    """A report that waits, a decision about the member with an appeal, and a question of the member's; made once."""
    member, leader, admin = PEOPLE["member"], PEOPLE["leader"], PEOPLE["admin"]
    if not (decisions := shop.call("GET", "/me/standing", member)["decisions"]):
        body = {"subject_id": note, "ground": "untrue", "words": "Nobody brews it so."}
        report = shop.call("POST", "/reports", leader, body)["id"]
        warning = {"verdict": "warned", "reason": "Say how you know."}
        decisions = [shop.call("POST", f"/admin/reports/{report}/decision", admin, warning)]
        shop.call("POST", f"/me/decisions/{decisions[0]['id']}/appeal", member, {"words": "My mother does."})
        name = {"subject_id": shop.call("GET", "/me", leader)["id"], "ground": "other", "words": "An odd name."}
        shop.call("POST", "/reports", member, name)
        shop.call("POST", "/questions", member, {"topic": "general", "text": "When do you open?"})
    return {
        "decision_id": decisions[0]["id"],
        "report_id": shop.call("GET", "/admin/reports", admin)["data"][0]["id"],
        "question_id": shop.call("GET", "/me/questions", member)["data"][0]["id"],
    }


def circle(shop: Shop) -> dict[str, str]:
    """The leader's circle, with the member in it, and what it was told; made once."""
    member, leader = PEOPLE["member"], PEOPLE["leader"]
    me = shop.call("GET", "/me", leader)["id"]
    found = shop.call("POST", f"/circles/{me}/join", member, {})["notices"]
    told = found or [shop.call("POST", "/me/circle/notices", leader, {"text": "The spring tea is in."})]
    return {"leader_id": me, "notice_id": told[0]["id"]}


def address(name: str, row: Page, found: dict[str, str]) -> str:
    """Where to look at a page. A page whose path has a variable without an example fails here."""
    path, section = row.path, name.partition(".")[0]
    for variable in re.findall(r"<(\w+)>", path):
        special = "bargain" if path.startswith("/bargain-offers/") else section
        path = path.replace(f"<{variable}>", found.get(f"{special} {variable}") or found[variable])
    return path


def others(shop: Shop, found: dict[str, str]) -> dict[str, tuple[str, int]]:
    """Pages that no row stands for, with their status: of links, joining with a seat, and where nothing is."""
    leader = PEOPLE["leader"]
    room = next(o["room_id"] for o in shop.call("GET", "/orders", leader)["data"] if o["room_id"])
    asked = [
        {"kind": "member"},
        *(
            {"kind": k, "target_id": t}
            for k, t in (("deal", found["deal_id"]), ("room", room), ("bargain", found["bargain_id"]))
        ),
    ]
    codes = {body["kind"]: shop.call("POST", "/invite-links", leader, body)["code"] for body in asked}
    paused = shop.call("POST", "/invite-links", leader, {"kind": "member", "channel": "paused"})["code"]
    shop.call("PATCH", f"/invite-links/{paused}", leader, {"paused": True})
    return {
        "landing-closed": (f"/i/{paused}", 200),
        **{f"landing-{kind}": (f"/i/{code}", 200) for kind, code in codes.items()},
        "landing-unknown": ("/i/AAAAAAAAAA", 404),
        "join-a-deal": (f"/sign-up?seat={found['deal_id']}", 200),
        "nothing-here": ("/nothing-here", 404),
        "no-such-deal": ("/deals/deal_00000000000000000000000000", 404),
    }


# Chinese is the shorter: what fits a desk in English fits in Chinese.
@pytest.mark.parametrize(("sizes", "language"), [([PHONE], "zh"), (BOTH_SIZES, "en")], ids=["phone-zh", "both-en"])
@pytest.mark.parametrize("person", ["nobody", "member", "leader", "admin"])
def test_every_page_as_whom_it_is_made_for_sees_it(
    chromium: Browser, shop: Shop, person: str, sizes: list[tuple[int, int]], language: str
) -> None:
    """By day, and where it is looked at in both sizes by night too."""
    found = examples(shop)
    with visiting(chromium, shop, sizes[0], language) as visitor:
        if PEOPLE[person] is not None:
            visitor.sign_in(PEOPLE[person] or "")
        for name, row in table().items():
            made_for = MADE_FOR.get(name.partition(".")[0], "member" if row.access.roles else "nobody")
            if made_for == person:
                check(visitor, name, address(name, row, found), sizes=sizes, at_night=sizes == BOTH_SIZES)
        if person == "nobody":
            for name, (path, status) in others(shop, found).items():
                check(visitor, name, path, status, sizes=sizes)


@pytest.mark.parametrize("person", ["member", "leader", "finance", "admin"])
def test_every_page_as_others_who_may_come_see_it(chromium: Browser, shop: Shop, person: str) -> None:
    """An administrator, who may see most, looks at night too and in both sizes."""
    found = examples(shop)
    sees_all = person == "admin"
    sizes = BOTH_SIZES if sees_all else [PHONE]
    with visiting(chromium, shop, sizes[0], "zh") as visitor:
        visitor.sign_in(PEOPLE[person] or "")
        for name, row in table().items():
            made_for = MADE_FOR.get(name.partition(".")[0], "member" if row.access.roles else "nobody")
            may_come = not row.access.roles or person in row.access.roles
            if may_come and made_for != person and name not in OWN:
                path = address(name, row, found)
                check(visitor, f"{name}-{person}", path, sizes=sizes, at_night=sees_all)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_may_not_come_is_told_so_on_a_page(chromium: Browser, shop: Shop, language: str) -> None:
    with visiting(chromium, shop, PHONE, language) as visitor:
        visitor.sign_in(PEOPLE["member"] or "")
        check(visitor, "not-for-you", "/admin", 403)
