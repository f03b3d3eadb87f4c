"""The demo shop: filled once, through the doors that real data takes, the same for the same day."""

from __future__ import annotations

from datetime import UTC, datetime

from csv_imports import rows
from flask import Flask

from socialshop.cli import demo_world
from socialshop.cli.demo import fill_if_empty
from socialshop.identity import service as identity
from socialshop.infra.uow import unit_of_work

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_same_day_gives_the_same_world() -> None:
    assert demo_world.generate(START, "CNY", 1) == demo_world.generate(START, "CNY", 1)
    assert demo_world.generate(START, "CNY", 1) != demo_world.generate(START, "CNY", 2)
    assert all("." not in row[3] for row in demo_world.generate(START, "JPY", 1).orders[1:])


def test_an_empty_shop_is_filled_once(app: Flask) -> None:
    logins = fill_if_empty(app)
    assert [line.split()[0] for line in logins] == [
        f"{role}@example.com" for role in ("admin", "finance", "leader", "member")
    ]
    before = rows(
        "SELECT (SELECT count(*) FROM members), (SELECT count(*) FROM orders), max(depth) FROM referral_nodes"
    )
    assert before[0][:2] == (204, 600)
    assert int(str(before[0][2])) >= 3
    for line in logins:
        with unit_of_work() as uow:
            assert identity.check_password(uow, *line.split()[:2])
    assert fill_if_empty(app) == logins
    assert rows("SELECT count(*) FROM orders") == [(600,)]


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
