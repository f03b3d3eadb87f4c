"""What members have by their tier."""

from __future__ import annotations

from flask import Flask
from payment_shop import a_member, rows
from room_shop import statements
from sqlalchemy import text
from web_client import sign_up

from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.memberships.service import Benefits, benefits_of


def stand(uow: UnitOfWork, member: int, tier: str) -> None:
    """Put a member into a tier of the programme that a shop begins with."""
    uow.session.execute(
        text("INSERT INTO member_standings (member, version, tier, since) VALUES (:member, 1, :tier, :now)"),
        {"member": member, "tier": tier, "now": uow.now},
    )


def test_a_new_member_is_in_the_first_tier_and_pays_what_everybody_pays(app: Flask) -> None:
    with unit_of_work() as uow:
        member = a_member(uow)
        assert benefits_of(uow, [member]) == {member: Benefits("normal", "普通会员", "Normal", 0)}


def test_each_member_has_the_benefits_of_the_own_tier_in_one_statement(app: Flask) -> None:
    with unit_of_work() as uow:
        plain, gold, diamond = (a_member(uow) for _ in range(3))
        stand(uow, gold, "gold")
        stand(uow, diamond, "diamond")
        with statements() as seen:
            found = benefits_of(uow, [plain, gold, diamond, gold])
        assert len(seen) == 1
    assert set(found) == {plain, gold, diamond}
    assert found[gold] == Benefits(
        "gold",
        "金卡会员",
        "Gold",
        2,
        points_multiplier_bps=12_500,
        early_access_hours=12,
    )
    assert (found[diamond].early_access_hours, found[diamond].exclusive_deals) == (24, True)
    assert found[plain].tier == "normal"


def test_a_card_tells_the_tier_that_the_member_is_in(app: Flask) -> None:
    lin = sign_up(app)
    assert lin.card.tier == "normal"
    number = rows("SELECT number FROM members WHERE id = :id", id=lin.card.member_id)[0][0]
    with unit_of_work() as uow:
        stand(uow, number, "silver")
    assert lin.call("GET", "/me").get_json()["tier"] == "silver"


def test_what_was_published_of_tiers_is_never_changed(app: Flask) -> None:
    for table in ("tier_programmes", "tier_programme_versions", "tiers", "growth_entries", "tier_changes"):
        held = rows(
            "SELECT has_table_privilege('socialshop_app', :t, 'UPDATE'), has_table_privilege('socialshop_app', :t,"
            " 'DELETE'), (SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:t AS regclass) AND NOT tgisinternal)",
            t=table,
        )
        assert [tuple(row) for row in held] == [(False, False, 1)], table
