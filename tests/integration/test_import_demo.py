"""The demo shop: filled once, through the doors that real data takes, the same for the same day."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from csv_imports import rows
from flask import Flask

from socialshop.cli import demo_world
from socialshop.cli.demo import fill_and_follow, fill_if_empty, hints
from socialshop.cli.demo_provider import provider
from socialshop.identity import service as identity
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.ledger import service as ledger

START = datetime(2026, 1, 1, tzinfo=UTC)
EMAILS = [f"{name}@example.com" for name in ("admin", "admin2", "finance", "leader", "member")]
FILL_SECONDS = 20
# Of each room: status, size, seats taken, seats paid.
ROOMS_PAID = [
    *[("filled", 3, 3, 3)] * 2,
    *[("filled", 2, 2, 2)] * 3,
    *[("open", 5, 4, 4), ("open", 5, 5, 4), ("open", 10, 9, 8), ("open", 3, 2, 1), ("open", 10, 1, 0)],
    # A ladder's, one with less for its host, one for newcomers, one of several units.
    *[("open", 6, 3, 3), ("open", 3, 2, 2), ("open", 3, 1, 1), ("open", 3, 1, 1)],
]


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Flask:
    """A shop as the console opens it, with a data folder of its own."""
    settings = app.extensions["socialshop_settings"]
    app.extensions["socialshop_settings"] = settings.model_copy(update={"data_dir": tmp_path})
    app.extensions["socialshop_opened_at"] = datetime.now(UTC)
    return app


def _rooms() -> list[tuple[object, ...]]:
    return rows("SELECT status, size, seats_taken, seats_paid FROM rooms ORDER BY opened_at, id")


def _story() -> dict[str, list[tuple[object, ...]]]:
    """What became of the sales: how many of each status."""
    by_status = {
        name: rows(f"SELECT status, count(*) FROM {name} GROUP BY 1 ORDER BY 1")
        for name in ("payments", "refunds", "payout_requests", "accruals")
    }
    return by_status | {"rooms": _rooms()}


def _membership() -> dict[str, list[tuple[object, ...]]]:
    """What there is to look at beside the sales; of members, the two who have logins."""
    by_login = "JOIN members m ON m.number = {} AND m.external_id IN ('leader', 'member')"
    return {
        "tiers": rows("SELECT DISTINCT tier FROM member_standings ORDER BY tier"),
        "cards": rows(
            "SELECT m.external_id, t.kind FROM plan_terms t JOIN plan_subscriptions s ON s.id = t.subscription_id "
            + by_login.format("s.member")
            + " ORDER BY 1"
        ),
        "lots soon to expire": rows(
            "SELECT count(*) FROM point_lots WHERE left_points > 0 AND expires_at < now() + interval '14 days'"
        ),
        "days in a row": rows("SELECT streak FROM point_members WHERE streak > 0"),
        # Of the card, and by hand; whom the campaign treats has another of its own, once.
        "coupons": rows(
            "SELECT m.external_id, count(DISTINCT coupon_id) FROM coupon_holdings h "
            + by_login.format("h.member")
            + " WHERE m.external_id = 'member' GROUP BY 1"
        ),
        "missions underway": rows(
            "SELECT m.external_id, count(*) FROM mission_progress p "
            + by_login.format("p.member")
            + " WHERE NOT p.rewarded GROUP BY 1 ORDER BY 1"
        ),
        "answers": rows("SELECT count(*) FROM survey_answers"),
        "drawn": rows("SELECT DISTINCT treated FROM campaign_members ORDER BY 1"),
        "posts": rows("SELECT status, count(*) FROM posts GROUP BY 1 ORDER BY 1"),
        "pictures": rows("SELECT count(*) FROM post_pictures"),
        "questions": rows("SELECT status FROM questions WHERE due_at > now() - interval '1 day' ORDER BY 1"),
        "reports": rows("SELECT decision_id FROM reports"),
        "ways to buy": rows(
            "SELECT count(*) FILTER (WHERE price_steps IS NOT NULL), count(*) FILTER (WHERE host_perk IS NOT NULL),"
            " count(*) FILTER (WHERE newcomer_only), (SELECT count(DISTINCT deal_id) FROM deal_skus),"
            " (SELECT array_agg(chops_made) FROM bargains), (SELECT count(*) FROM storefront_picks),"
            " (SELECT pinned_place FROM flash_sessions) FROM deals"
        ),
    }


def test_the_same_day_gives_the_same_world() -> None:
    assert demo_world.generate(START, "CNY", 1) == demo_world.generate(START, "CNY", 1)
    assert demo_world.generate(START, "CNY", 1) != demo_world.generate(START, "CNY", 2)
    assert all("." not in row[3] for row in demo_world.generate(START, "JPY", 1).orders[1:])


def test_an_empty_shop_is_filled_once(app: Flask) -> None:
    logins = fill_if_empty(app)
    assert [line.split()[0] for line in logins] == EMAILS
    before = rows(
        "SELECT (SELECT count(*) FROM members), (SELECT count(*) FROM orders WHERE source = 'import'), max(depth)"
        " FROM referral_nodes"
    )
    assert before[0][:2] == (205, 600)
    assert int(str(before[0][2])) >= 3
    for line in logins:
        with unit_of_work() as uow:
            assert identity.check_password(uow, *line.split()[:2])
    assert fill_if_empty(app) == logins
    assert rows("SELECT count(*) FROM orders") == [(640,)]


def test_the_shop_lives_rooms_near_filling_money_in_every_state_and_books_that_prove(shop: Flask) -> None:
    # In processor time: a busy machine is no judge of it.
    began = time.process_time()
    logins = fill_and_follow(shop)
    assert time.process_time() - began < FILL_SECONDS
    story = _story()
    assert sorted(map(str, story["rooms"])) == sorted(map(str, ROOMS_PAID))
    assert story["payments"] == [("authorized", 24), ("captured", 12), ("created", 4), ("refunded", 1)]
    assert story["refunds"] == [("refunded", 2), ("requested", 1)]
    assert story["payout_requests"] == [("approved", 1), ("held", 1), ("paid", 2), ("submitted", 4)]
    assert [status for status, _ in story["accruals"]] == ["held", "paid_out", "reversed", "settled"]
    proof = in_unit_of_work(ledger.prove, isolation="REPEATABLE READ")
    assert (proof.balanced, proof.chain_ok, proof.projection_ok) == (True, True, True)
    assert fill_and_follow(shop) == logins
    assert _story() == story
    assert all("\n    /" in login for login in logins)
    assert _membership() == {
        "tiers": [("diamond",), ("gold",), ("normal",), ("silver",)],
        "cards": [("leader", "trial"), ("member", "paid")],
        "lots soon to expire": [(9,)],
        "days in a row": [(6,)],
        "coupons": [("member", 2)],
        "missions underway": [("leader", 1), ("member", 2)],
        "answers": [(7,)],
        "drawn": [(False,), (True,)],
        "posts": [("pending", 1), ("published", 3)],
        "pictures": [(4,)],
        "questions": [("answered",), ("open",)],
        "reports": [(None,)],
        "ways to buy": [(1, 1, 1, 1, [6], 4, 1)],
    }


def test_a_filling_that_was_cut_short_goes_on_at_the_next_start(shop: Flask) -> None:
    with provider(shop):
        fill_if_empty(shop)
    assert rows("SELECT count(*) FROM payment_calls") == [(37,)]
    assert rows("SELECT count(*) FROM payout_requests") == [(0,)]
    fill_and_follow(shop)
    story = _story()
    assert sorted(map(str, story["rooms"])) == sorted(map(str, ROOMS_PAID))
    assert story["payout_requests"] == [("approved", 1), ("held", 1), ("paid", 2), ("submitted", 4)]


def test_without_a_provider_the_rooms_have_held_seats_and_no_paid_ones(app: Flask) -> None:
    fill_if_empty(app)
    assert rows("SELECT count(*), sum(seats_taken), sum(seats_paid) FROM rooms") == [(14, 40, 0)]
    assert rows("SELECT count(*) FROM payment_calls") == [(0,)]


def test_a_login_that_was_changed_makes_the_shop_its_owners(shop: Flask) -> None:
    logins = fill_if_empty(shop)
    with unit_of_work() as uow:
        change = "UPDATE member_profiles SET email = 'ben@example.net' WHERE email LIKE 'admin2@%%'"
        uow.session.connection().exec_driver_sql(change)
    assert fill_and_follow(shop) == logins
    assert rows("SELECT count(*) FROM payout_requests") == [(0,)]


def test_three_lines_to_try_name_the_running_shop() -> None:
    deals, sign_in, queue = hints("http://127.0.0.1:8123")
    assert deals == "curl -s http://127.0.0.1:8123/api/v1/deals"
    assert "admin@example.com" in sign_in
    assert queue.startswith("curl -s http://127.0.0.1:8123/api/v1/admin/payout-requests ")


def test_a_shop_with_members_of_its_own_is_left_alone(app: Flask) -> None:
    with unit_of_work() as uow:
        uow.session.connection().exec_driver_sql(
            "INSERT INTO members (id, joined_at) VALUES (gen_random_uuid(), now())"
        )
    assert fill_if_empty(app) == []
    assert rows("SELECT count(*) FROM members") == [(1,)]


def test_production_has_no_demo(app: Flask) -> None:
    settings = app.extensions["socialshop_settings"]
    app.extensions["socialshop_settings"] = settings.model_copy(update={"environment": "production"})
    assert fill_if_empty(app) == []
    assert rows("SELECT count(*) FROM members") == [(0,)]
