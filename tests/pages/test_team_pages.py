"""My team by branch, and the admin's explorer of the tree on any day; both at the same cost however many there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from flask import Flask
from money_people import number_of
from room_shop import statements
from sqlalchemy import text
from visitors import Visitor, member
from web_client import Person, counts, sign_up

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.pages import cookies
from socialshop.referrals import service as referrals

BRANCH, CHILDREN = 9_000, 1_000


def looking(site: Flask, person: Person) -> Visitor:
    client = site.test_client()
    client.set_cookie(cookies.SESSION, person.token)
    return Visitor(client, person.card)


@pytest.fixture
def large(site: Flask) -> Visitor:
    """Ann, who brought a thousand; nine thousand stand below the first of them, in a row of three thousand a level."""
    ann = sign_up(site, name="Ann")
    top = number_of(ann)
    first, last = 100_001, 100_000 + CHILDREN + BRANCH
    numbers = np.arange(first, last + 1)
    sponsors = np.full(len(numbers), top)
    below = numbers[CHILDREN:]
    sponsors[CHILDREN:] = np.where(below < first + CHILDREN + 3_000, first, below - 3_000)
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO members (id, number, joined_at)"
                " SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, n, '2026-01-01Z'"
                " FROM generate_series(:first, :last) n"
            ),
            {"first": first, "last": last},
        )
        zeros = np.zeros(len(numbers), dtype=np.int64)
        referrals.place_many(uow, numbers=numbers, sponsors=sponsors, placed_at=zeros)
    return looking(site, ann)


def first_below(person: Visitor) -> list[str]:
    """The public ids of the first two whom somebody brought."""
    query = text(
        "SELECT m.id FROM members m JOIN referral_nodes n ON n.member_number = m.number"
        " WHERE n.sponsor = (SELECT number FROM members WHERE id = :id) ORDER BY m.number LIMIT 2"
    )
    assert person.card is not None
    whose = {"id": person.card.member_id}
    return in_unit_of_work(lambda uow: [to_public("mbr", found) for found in uow.session.scalars(query, whose)])


def test_a_team_of_ten_thousand_is_shown_branch_by_branch_in_few_statements(site: Flask, large: Visitor) -> None:
    big, small = first_below(large)
    large.look("/team")
    with statements() as seen:
        page = large.look(f"/team?open={big}").text
    # The directs of this page, the whole team's levels, the sums of the branches, and the open branch.
    assert len([one for one in seen if "referral_nodes" in one]) == 4, seen
    assert '<div class="figure">1000</div>' in page
    assert '<div class="figure">9000</div>' in page
    assert page.count('class="person"') == 21
    assert "A member who is not named" in page
    branch = {f"Level {level}" for level in (2, 3, 4)}
    assert all(told in page for told in branch)
    assert len(page) < 60_000
    assert "or more" not in large.look(f"/team?open={small}").text.partition(small)[2].partition("</li>")[0]
    assert large.look("/team?open=mbr_00000000000000000000000000").status_code == 200
    assert "至少 5000 人" in large.look("/team", "zh").text or "5000" not in page


def test_a_branch_of_a_thousand_is_explored_in_few_statements_however_many_there_are(
    site: Flask, large: Visitor
) -> None:
    admin = member(site, role=Role.ADMIN, name="Ada")
    assert large.card is not None
    path = f"/admin/tree/{to_public('mbr', large.card.member_id)}"
    admin.look(path)
    with statements() as seen:
        page = admin.look(path).text
    tree = [one for one in seen if "referral_nodes" in one or "sponsor_corrections" in one]
    assert len(tree) < 5, tree
    assert len(seen) <= 11, seen
    assert "3000 directly below" in page
    assert 'rel="next"' in page
    assert len(page) < 80_000


def test_the_slider_shows_the_tree_of_another_day_and_what_was_corrected(site: Flask) -> None:
    admin = member(site, role=Role.ADMIN, name="Ada")
    people = {name: sign_up(site, name=name) for name in ("Ann", "Bo", "Di")}
    numbers = {name: number_of(person) for name, person in people.items()}
    began = datetime(2026, 1, 1, 4, tzinfo=UTC)
    clock = ManualClock(began)
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE referral_nodes SET placed_at = :at"), {"at": began})
    for day, name in ((10, "Ann"), (20, "Bo")):
        clock.advance(began + timedelta(days=day) - clock.now())
        with unit_of_work(clock) as uow:
            referrals.correct_sponsor(
                uow, member_number=numbers["Di"], new_sponsor=numbers[name], reason=f"told {name}", by="ada"
            )

    def on(name: str, day: int) -> str:
        page = admin.look(f"/admin/tree/{to_public('mbr', people[name].card.member_id)}?day={day}")
        assert page.status_code == 200, page.text
        return page.text.partition("Who stood above")[2]

    before = counts("sponsor_corrections", "referral_nodes")
    assert "Nobody: at the top of the tree." in on("Di", 5)
    assert "Ann</a> ›" in on("Di", 15)
    assert "Bo</a> ›" in on("Di", 25)
    assert [">Di</a>" in on("Ann", day) for day in (5, 15, 25)] == [False, True, False]
    assert [">Di</a>" in on("Bo", day) for day in (5, 15, 25)] == [False, False, True]
    assert "told Ann" in on("Di", 0)
    di = to_public("mbr", people["Di"].card.member_id)
    assert "As it stood at the end of 2026-01-16" in admin.look(f"/admin/tree/{di}?day=15").text
    assert counts(*before) == before
    assert "Di" in admin.look("/admin/tree?find=Di").text
    assert looking(site, people["Ann"]).look("/admin/tree").status_code == 403


def test_who_stands_between_most_pairs_holds_the_branch_together(site: Flask) -> None:
    admin = member(site, role=Role.ADMIN, name="Ada")
    people = [sign_up(site, name=name) for name in ("Top", "Hub", "Low", "Leaf")]
    top, hub, low, leaf = (number_of(person) for person in people)
    with unit_of_work() as uow:
        for below, above in ((hub, top), (low, hub), (leaf, hub)):
            referrals.correct_sponsor(uow, member_number=below, new_sponsor=above, reason="t", by="t")
        me = admin.card
        assert me is not None
        found = referrals.influencers(uow, me.member_id, people[0].card.member_id, currency="CNY", most=5)
    # of three pairs of others all three lead through the hub
    assert [(one.number, one.between_bps, node.directs) for one, node in found] == [(hub, 10_000, 2)]
    page = admin.look(f"/admin/tree/{to_public('mbr', people[0].card.member_id)}/influence").text
    assert "100%" in page
    assert (
        "Nobody stands between others here."
        in admin.look(f"/admin/tree/{to_public('mbr', people[3].card.member_id)}/influence").text
    )
