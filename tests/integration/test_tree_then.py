"""The tree as it stood: who was whose sponsor at an instant, by the API, the console and the pages' own question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from socialshop.cli import referrals as console
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.referrals import service as referrals
from tests.money_people import number_of
from tests.room_shop import statements
from tests.web_client import Person, counts, sign_up

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def people(app: Flask) -> dict[str, Person]:
    """Ann, Bo and Cy at the top; Di came by Ann on the first day, moved to Bo on the second and to Cy on the third."""
    found = {name: sign_up(app, name=name) for name in ("Ann", "Bo", "Cy", "Di")}
    numbers = {name: number_of(person) for name, person in found.items()}
    clock = ManualClock(AT)
    with unit_of_work(clock) as uow:
        uow.session.execute(text("UPDATE referral_nodes SET placed_at = :at"), {"at": AT})
        uow.session.execute(
            text("UPDATE referral_nodes SET sponsor = :s, uplines = ARRAY[:s], depth = 1 WHERE member_number = :n"),
            {"s": numbers["Ann"], "n": numbers["Di"]},
        )
    for sponsor in ("Bo", "Cy"):
        clock.advance(timedelta(days=1))
        with unit_of_work(clock) as uow:
            referrals.correct_sponsor(
                uow, member_number=numbers["Di"], new_sponsor=numbers[sponsor], reason=f"told {sponsor}", by="ada"
            )
    return found


def public(person: Person) -> str:
    return to_public("mbr", person.card.member_id)


def test_who_was_the_sponsor_then_is_told_with_every_correction_to_finance_alone(
    app: Flask, people: dict[str, Person]
) -> None:
    finance, name_of = sign_up(app, role=Role.FINANCE), {public(p): name for name, p in people.items()}
    path = f"/admin/referrals/{public(people['Di'])}/sponsor"

    def sponsor_at(days: float) -> str | None:
        at = (AT + timedelta(days=days)).isoformat().replace("+00:00", "Z")
        found = finance.call("GET", f"{path}?at={at}")
        assert found.status_code == 200, found.text
        sponsor = found.get_json()["sponsor_id"]
        return None if sponsor is None else name_of[sponsor]

    assert [sponsor_at(days) for days in (-1, 0, 0.5, 1, 1.5, 2, 9)] == [None, "Ann", "Ann", "Bo", "Bo", "Cy", "Cy"]
    now = finance.call("GET", path).get_json()
    told = [(name_of[c["from_sponsor_id"]], name_of[c["to_sponsor_id"]], c["reason"]) for c in now["corrections"]]
    assert told == [("Ann", "Bo", "told Bo"), ("Bo", "Cy", "told Cy")]
    assert counts("data_looks")["data_looks"] == 8
    assert people["Ann"].call("GET", path).status_code == 403
    assert finance.call("GET", f"/admin/referrals/{to_public('mbr', new_id())}/sponsor").status_code == 404
    assert finance.call("GET", f"{path}?at=yesterday").status_code == 422


def test_who_stood_below_then_is_found_from_today_and_what_was_corrected_since(
    app: Flask, people: dict[str, Person]
) -> None:
    numbers = {name: number_of(person) for name, person in people.items()}

    def below(name: str, days: float) -> list[tuple[int, int]]:
        with unit_of_work() as uow:
            found = referrals.children_at(uow, numbers[name], AT + timedelta(days=days), None, 10)
        return [(row.number, row.children) for row in found]

    di = [(numbers["Di"], 0)]
    assert [below("Ann", days) for days in (-1, 0, 0.9, 1, 5)] == [[], di, di, [], []]
    assert [below("Bo", days) for days in (0.9, 1, 1.9, 2)] == [[], di, di, []]
    assert [below("Cy", days) for days in (1.9, 2, 5)] == [[], di, di]


def test_the_console_says_who_was_the_sponsor(app: Flask, people: dict[str, Person], monkeypatch: object) -> None:
    from contextlib import nullcontext

    monkeypatch.setattr(console, "open_shop", lambda **_: nullcontext())  # type: ignore[attr-defined]
    asked = ["sponsor", "--member", public(people["Di"]), "--at"]
    told = [
        CliRunner().invoke(console.referrals, [*asked, at]) for at in ("2026-01-02T12:00:00Z", "2025-01-01T00:00:00Z")
    ]
    assert [one.output for one in told] == [f"{public(people['Bo'])}\n", "nobody\n"]


def test_a_branch_tells_round_figures_to_who_brought_it_and_nobody_else(app: Flask) -> None:
    ann, bo, cy, other = (sign_up(app, name=name) for name in ("Ann", "Bo", "Cy", "Else"))
    numbers = [number_of(person) for person in (ann, bo, cy)]
    with unit_of_work() as uow:
        referrals.correct_sponsor(uow, member_number=numbers[1], new_sponsor=numbers[0], reason="t", by="t")
        referrals.correct_sponsor(uow, member_number=numbers[2], new_sponsor=numbers[0], reason="t", by="t")
        uow.session.execute(
            text(
                "INSERT INTO members (id, number, joined_at)"
                " SELECT gen_random_uuid(), n, now() FROM generate_series(9001, 9035) n"
            )
        )
        # 28 below Bo, four of them on the third level; three below Cy.
        for number in range(9001, 9032):
            above = numbers[1] if number <= 9024 else 9001 if number <= 9028 else numbers[2]
            referrals.place(uow, member_number=number, sponsor=above, placed_at=uow.now)
    with statements() as seen:
        told = ann.call("GET", f"/me/referrals/{public(bo)}").get_json()
    assert len(seen) < 5, seen
    assert [(row["level"], row["at_least"]) for row in told["levels"]] == [(2, 20), (3, None)]
    assert [
        (r["level"], r["at_least"]) for r in ann.call("GET", f"/me/referrals/{public(cy)}").get_json()["levels"]
    ] == [(2, None)]
    for stranger, whom in ((other, bo), (bo, bo), (bo, ann), (cy, bo)):
        assert stranger.call("GET", f"/me/referrals/{public(whom)}").status_code == 404
    with unit_of_work() as uow:
        assert referrals.below_each(uow, [bo.card.member_id, cy.card.member_id]) == {bo.card.member_id: 20}


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        (0, None),
        (4, None),
        (5, 5),
        (9, 5),
        (10, 10),
        (19, 10),
        (20, 20),
        (49, 20),
        (99, 50),
        (100, 100),
        (9_999, 5_000),
    ],
)
def test_a_round_figure_is_reached_and_the_next_is_not(members: int, shown: int | None) -> None:
    assert referrals.at_least(members) == shown
