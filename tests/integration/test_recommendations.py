"""Deals for a member: exact small worlds, the sentence of each reason, the switch, and what nobody must be shown."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from market import DAY, Market, number, willing
from payment_shop import rows
from room_shop import statements
from sqlalchemy import text
from test_benefits import stand
from web_client import sign_up

from socialshop.deals import service as deals
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.segments import Segment
from socialshop.recommendations import service


@pytest.fixture
def market(app: Flask) -> Market:
    clock = ManualClock(datetime.now(UTC) + timedelta(minutes=1))
    sign_up(app)
    return Market(app, clock)


def test_what_five_people_have_together_is_shown_to_who_has_one_of_both(market: Market) -> None:
    market.offer("Tea", "Cup", "Rug")
    *five, lin, chen = willing(market.app, 7)
    market.buy([*five, lin], ["Tea"])
    market.buy(five, ["Cup"])
    market.buy(five[:4], ["Rug"])
    assert market.night() > 1
    assert market.shown(lin) == [("Cup", "bought_together"), ("Rug", "price_band")]
    assert market.said(lin, "Cup") == "Because you bought “Tea”: 5 people have both."
    assert market.said(lin, "Cup", "zh") == "因为你买过「Tea」：有 5 人两样都买了。"
    # Four people are too few to say anything, and nobody is told of what they bought themselves.
    assert rows("SELECT people FROM product_pairs") == [(5,), (5,)]
    assert market.shown(five[0]) == []
    assert market.shown(chen) == []
    assert market.night() == 1


def test_what_three_people_bought_whom_one_shared_a_room_with(market: Market) -> None:
    market.offer("Tea", "Cup", "Rug")
    lin, *friends = willing(market.app, 5)
    market.fill([lin, *friends], "Tea", ago=60 * DAY)
    market.buy(friends[:3], ["Cup"], price=90_000)
    market.buy(friends[:2], ["Rug"], price=90_000)
    market.night()
    assert market.shown(lin)[0] == ("Cup", "room_friends")
    assert market.said(lin, "Cup") == "Because 3 people whom you bought together with have it."
    market.switch(friends[0], on=False)
    market.clock.advance(DAY)
    market.night()
    assert "room_friends" not in {reason for _, reason in market.shown(lin)}


def test_a_newcomer_is_shown_what_fills_then_what_many_buy_then_what_is_new(market: Market) -> None:
    market.offer("Old")
    market.offer("New", begun=DAY)
    market.offer("Tea", "Cup", "Rug")
    *five, lin = willing(market.app, 6)
    market.fill(five[:2], "Tea", ago=50 * DAY)
    market.buy(five, ["Cup"], ago=5 * DAY)
    market.buy(five[:4], ["Rug"], ago=5 * DAY)
    market.night()
    assert market.shown(lin) == [("Tea", "most_filled"), ("Cup", "popular"), ("New", "new")]
    assert market.said(lin, "Cup") == "Because 5 people bought it in the last four weeks."
    assert market.said(lin, "Tea", "zh") == "因为它容易成团：近期已成 1 团。"


def test_who_was_away_for_long_is_shown_what_is_new_since_then(market: Market) -> None:
    market.offer("Tea", begun=200 * DAY)
    market.offer("Cup", begun=40 * DAY)
    market.offer("Rug", begun=120 * DAY, price=1_500)
    (lin,) = willing(market.app, 1)
    market.buy([lin], ["Tea"], ago=89 * DAY)
    assert market.shown(lin) == [("Cup", "price_band"), ("Rug", "price_band")]
    market.clock.advance(2 * DAY)
    assert market.shown(lin) == [("Cup", "new_since"), ("Rug", "price_band")]


def test_withdrawn_consent_shows_what_everybody_sees_and_counts_for_nobody(market: Market) -> None:
    market.offer("Tea", "Cup")
    *five, lin = willing(market.app, 6)
    market.buy([*five, lin], ["Tea"])
    market.buy(five, ["Cup"], ago=5 * DAY)
    market.night()
    assert market.shown(lin) == [("Cup", "bought_together")]
    market.switch(lin, on=False)
    assert market.shown(lin) == [("Cup", "popular")]
    market.switch(lin, on=True)
    market.switch(five[0], on=False)
    market.clock.advance(DAY)
    market.night()
    assert rows("SELECT count(*) FROM product_pairs") == [(0,)]
    # Of the five who bought it, and of the six who have the other, one is not counted any more.
    figures = "SELECT p.people FROM product_popularity p JOIN skus s ON s.product_id = p.product_id WHERE s.id = :id"
    assert rows(figures, id=market.skus["Cup"]) == [(4,)]
    assert ("Cup", "popular") not in market.shown(five[1])


def test_rooms_filled_by_who_declined_count_for_nothing(market: Market) -> None:
    market.offer("Tea")
    pair, other = willing(market.app, 2), willing(market.app, 2)
    for two in (pair, other):
        market.fill(two, "Tea", ago=5 * DAY)
    for person in pair:
        market.switch(person, on=False)
    market.night()
    assert rows("SELECT people, rooms_filled FROM product_popularity") == [(2, 1)]


def test_nobody_is_shown_what_they_cannot_buy(market: Market) -> None:
    (lin, gold) = willing(market.app, 2)
    fresh = {"begun": DAY}
    market.offer("Open", "Paused", "Ended", "Gone", "Full", "Draft", **fresh)  # type: ignore[arg-type]
    market.offer("Later", begun=-DAY)
    market.offer("Gold", minimum_tier="gold", **fresh)  # type: ignore[arg-type]
    market.offer("Circle", circle_only=True, **fresh)  # type: ignore[arg-type]
    market.offer("Some", **fresh)  # type: ignore[arg-type]
    golden = number(gold)
    with unit_of_work(market.clock) as uow:
        stand(uow, golden, "gold")
        for statement in (
            "UPDATE deals SET paused_at = starts_at WHERE title = 'Paused'",
            "UPDATE deals SET ended_at = starts_at WHERE title = 'Ended'",
            "UPDATE skus SET stock = 0 WHERE id = (SELECT sku_id FROM deals WHERE title = 'Gone')",
            "UPDATE deals SET quota = 1, taken = 1 WHERE title = 'Full'",
            "UPDATE deals SET draft = true WHERE title = 'Draft'",
            "UPDATE deals SET invited_only = true WHERE title = 'Some'",
        ):
            uow.session.execute(text(statement))
    assert market.shown(lin) == [("Open", "new")]
    assert market.shown(gold) == [("Gold", "tier"), ("Open", "new")]


def test_what_is_offered_to_a_segment_comes_first_with_its_grounds_and_to_nobody_else(market: Market) -> None:
    """Given a deal offered to newcomers and to a tier, then who is invited is told so, in both languages."""
    market.offer("Some", begun=40 * DAY)
    market.offer("New", begun=DAY)
    lin, rui = willing(market.app, 2)
    invited = number(lin)
    with unit_of_work(market.clock) as uow:
        (deal,) = uow.session.execute(text("SELECT id FROM deals WHERE title = 'Some'")).one()
        uow.session.execute(text("UPDATE deals SET draft = true WHERE id = :id"), {"id": deal})
        loyalty.offer_deal(uow, uuid.uuid4(), deal, Segment(newcomer_days=30, tiers=("normal",)))
        uow.session.execute(text("UPDATE deals SET draft = false WHERE id = :id"), {"id": deal})
        deals.invite(uow, deal, [invited])
    assert market.shown(lin) == [("Some", "offered"), ("New", "new")]
    said = "Offered to you and some others, because of your tier, because you joined not long ago."
    assert market.said(lin, "Some") == said
    assert market.said(lin, "Some", "zh") == "专为你和部分会员提供，因为你的会员等级，因为你刚加入不久。"
    assert market.shown(rui) == [("New", "new")]
    with unit_of_work(market.clock) as uow, statements() as seen:
        service.recommend(uow, invited, "en")
    assert len(seen) == 6
    # Who wants nothing chosen sees what everybody sees, whoever was invited before.
    market.switch(lin, on=False)
    assert market.shown(lin) == [("New", "new")]


def test_a_read_is_five_statements_whatever_there_is(market: Market) -> None:
    lin = number(*willing(market.app, 1))
    for count in (1, 9):
        market.offer(*(f"{count}-{turn}" for turn in range(count)), begun=DAY)
        with unit_of_work(market.clock) as uow, statements() as seen:
            found = service.recommend(uow, lin, "en")
        assert len(seen) == 5
    assert len(found.deals) == 10


def test_over_http_and_erased_with_the_person(market: Market) -> None:
    market.offer("Tea", "Cup")
    *five, lin = willing(market.app, 6)
    market.buy([*five, lin], ["Tea"])
    market.buy(five, ["Cup"])
    market.night()
    answer = lin.call("GET", "/me/recommendations?limit=1", headers={"Accept-Language": "zh"}).get_json()
    assert answer["segment"] == "regular"
    assert [(one["deal"]["title"], one["reason"]) for one in answer["data"]] == [("Cup", "bought_together")]
    assert answer["data"][0]["because"].startswith("因为你买过")
    assert lin.call("GET", "/me/recommendations?limit=21").status_code == 422
    assert rows("SELECT count(*) FROM suggestions WHERE member = :m", m=number(lin)) == [(1,)]
    assert lin.call("DELETE", "/me").status_code in (200, 204)
    market.clock.advance(DAY)
    market.night()
    assert rows("SELECT count(*) FROM suggestions WHERE member = :m", m=number(lin)) == [(0,)]
