"""Members from CSV: what lands, what is rejected and why, and that a second run adds nothing."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from csv_imports import MEMBERS, codes, in_unit, members, rows, silent, sponsors, written
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialshop.identity.service import NewMember
from socialshop.infra.clock import ManualClock
from socialshop.infra.csvfile import FileRefused
from socialshop.infra.rejects import Imported, Rejected
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.onboarding import service as onboarding
from socialshop.onboarding.service import import_members
from socialshop.referrals import service as referrals

AT = "1997-01-01T12:00:00Z"
FULL = f"{MEMBERS},display_name,email"


def test_members_land_whatever_the_order_of_lines(app: Flask, tmp_path: Path) -> None:
    counts, rejects = members(written(tmp_path, MEMBERS, f"c,b,{AT}", f"b,a,{AT}", f"a,,{AT}"))
    assert (counts, rejects) == (Imported(read=3, landed=3, already=0, rejected=0), [])
    assert sponsors() == {"a": None, "b": "a", "c": "b"}
    found = rows(
        "SELECT external_id, depth, cardinality(uplines), joined_at = placed_at FROM members"
        " JOIN referral_nodes ON member_number = number ORDER BY external_id"
    )
    assert found == [("a", 0, 0, True), ("b", 1, 1, True), ("c", 2, 2, True)]


def test_a_second_run_adds_nothing(app: Flask, tmp_path: Path) -> None:
    path = written(tmp_path, FULL, f"a,,{AT},Ann,ann@example.com", f"b,a,{AT},,", f"c,nobody,{AT},,")
    _, first = members(path)
    before = rows("SELECT * FROM members ORDER BY number")
    counts, second = members(path)
    assert counts == Imported(read=3, landed=0, already=2, rejected=1)
    assert codes(second) == codes(first) == [(4, "sponsor_external_id", "sponsor_unknown")]
    assert rows("SELECT * FROM members ORDER BY number") == before


def test_a_sponsor_of_an_earlier_file_carries_its_uplines_on(app: Flask, tmp_path: Path) -> None:
    members(written(tmp_path, MEMBERS, *[f"m{i},{f'm{i - 1}' if i else ''},{AT}" for i in range(10)]))
    members(written(tmp_path, MEMBERS, f"y,x,{AT}", f"x,m9,{AT}"))
    (uplines,) = rows(
        "SELECT uplines, depth FROM referral_nodes JOIN members ON number = member_number WHERE external_id = 'y'"
    )
    names = dict(rows("SELECT number, external_id FROM members"))
    assert [names[n] for n in uplines[0]] == ["x", "m9", "m8", "m7", "m6", "m5", "m4", "m3"]
    assert uplines[1] == 11


def test_cycles_unknown_and_rejected_sponsors_are_named_and_the_rest_lands(app: Flask, tmp_path: Path) -> None:
    lines = [
        f'z1,z2,{AT},"two\nlines",',
        f"z2,z1,{AT},,",
        f"z3,z1,{AT},,",
        f"z4,nobody,{AT},,",
        f"z5,,{AT},,",
        f"z6,z6,{AT},,",
    ]
    counts, rejects = members(written(tmp_path, FULL, *lines))
    assert counts == Imported(read=6, landed=1, already=0, rejected=5)
    assert rejects == [
        Rejected(2, "sponsor_external_id", "sponsor_cycle", "sponsors in a circle: z1 → z2 → z1"),
        Rejected(4, "sponsor_external_id", "sponsor_cycle", "sponsors in a circle: z2 → z1 → z2"),
        Rejected(5, "sponsor_external_id", "sponsor_rejected", "the sponsor's own line is rejected"),
        Rejected(6, "sponsor_external_id", "sponsor_unknown", "no such member, here or in the file"),
        Rejected(8, "sponsor_external_id", "sponsor_cycle", "sponsors in a circle: z6 → z6"),
    ]
    assert sponsors() == {"z5": None}


def test_a_long_cycle_is_named_shortly(app: Flask, tmp_path: Path) -> None:
    lines = [f"{'n' * 100}{i},{'n' * 100}{(i + 1) % 30},{AT}" for i in range(30)]
    _, rejects = members(written(tmp_path, MEMBERS, *lines))
    assert len(rejects) == 30
    assert all(len(r.reason) < 300 and r.reason.endswith("→ …") for r in rejects)


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (f",,{AT},,", "external_id", "missing"),
        (f"{'x' * 201},,{AT},,", "external_id", "too_long"),
        (f" a,,{AT},,", "external_id", "invalid_text"),
        (f"a\u2028b,,{AT},,", "external_id", "invalid_text"),
        (f"a,{'x' * 201},{AT},,", "sponsor_external_id", "too_long"),
        ("a,,,,", "joined_at", "missing"),
        ("a,,1997-01-01,,", "joined_at", "invalid_instant"),
        ("a,,1997-01-01T12:00:00,,", "joined_at", "invalid_instant"),
        ("a,,1997-01-01T12:00:00+25:00,,", "joined_at", "invalid_instant"),
        ("a,,1997-02-29T12:00:00Z,,", "joined_at", "invalid_instant"),
        ("a,,0001-01-01T00:00:00+14:00,,", "joined_at", "invalid_instant"),
        ("a,,2999-01-01T00:00:00Z,,", "joined_at", "in_future"),
        (f"a,,{AT},{'x' * 61},", "display_name", "invalid_value"),
        (f"a,,{AT},Ann,nobody", "email", "invalid_value"),
        (f"a,,{AT},Ann,=1+1", "email", "invalid_value"),
        (f"a,,{AT},Ann,taken@EXAMPLE.com", "email", "email_taken"),
        ("a,nobody,never,,", "sponsor_external_id", "sponsor_unknown"),
        (f"a,,{AT}", "display_name", "field_count"),
        (f"a,,{AT},,,surplus", "email", "field_count"),
    ],
)
def test_a_bad_line_is_rejected_by_its_first_fault(
    app: Flask, tmp_path: Path, line: str, field: str, code: str
) -> None:
    path = written(tmp_path, FULL, line, f"taken,,{AT},,Taken@example.com", f"below,a,{AT},,")
    if code == "email_taken":
        path = written(tmp_path, FULL, f"taken,,{AT},,Taken@example.com", line, f"below,a,{AT},,")
    counts, rejects = members(path)
    assert (counts.landed, len(rejects)) == (1, 2)
    assert {(r.field, r.code) for r in rejects} >= {(field, code)}
    assert set(sponsors()) == {"taken"}


def test_of_a_repeated_id_the_first_good_line_lands(app: Flask, tmp_path: Path) -> None:
    lines = [f"a,b,{AT}", f"b,a,{AT}", f"a,,{AT}", f"a,,{AT}", "a,,1998-01-01T00:00:00Z", "c,,never", f"c,a,{AT}"]
    counts, rejects = members(written(tmp_path, MEMBERS, *lines))
    assert counts == Imported(read=7, landed=3, already=1, rejected=3)
    assert codes(rejects) == [
        (2, "sponsor_external_id", "sponsor_cycle"),
        (6, "external_id", "external_id_conflict"),
        (7, "joined_at", "invalid_instant"),
    ]
    assert sponsors() == {"a": None, "b": "a", "c": "a"}


def test_other_content_under_a_landed_id_is_a_conflict(app: Flask, tmp_path: Path) -> None:
    members(written(tmp_path, FULL, f"a,,{AT},Ann,ann@example.com", f"b,,{AT},,"))
    changed = [f"a,b,{AT},Ann,ann@example.com", "b,,1997-01-01T12:00:01Z,,", f"a,,{AT},Ana,ann@example.com", "b,,,,"]
    counts, rejects = members(written(tmp_path, FULL, *changed))
    assert counts == Imported(read=4, landed=0, already=0, rejected=4)
    assert {(r.field, r.code) for r in rejects} == {("external_id", "external_id_conflict")}
    same = ["b,,1997-01-01T13:00:00+01:00,,", f"a,,{AT},Ann,ann@EXAMPLE.com"]
    assert members(written(tmp_path, FULL, *same))[0] == Imported(read=2, landed=0, already=2, rejected=0)


def test_a_line_still_counts_as_landed_after_the_sponsor_was_corrected(app: Flask, tmp_path: Path) -> None:
    path = written(tmp_path, MEMBERS, f"a,,{AT}", f"b,,{AT}", f"c,a,{AT}")
    members(path)
    number = dict(rows("SELECT external_id, number FROM members"))
    in_unit(
        lambda uow: referrals.correct_sponsor(
            uow, member_number=number["c"], new_sponsor=number["b"], reason="told so", by="test"
        )
    )
    assert members(path)[0] == Imported(read=3, landed=0, already=3, rejected=0)
    assert sponsors()["c"] == "b"


def test_an_email_of_a_registered_member_is_not_given_away(app: Flask, tmp_path: Path) -> None:
    person = NewMember(email="ann@example.com", password="correct horse battery", display_name="Ann")
    in_unit(lambda uow: onboarding.create(uow, person))
    _, rejects = members(written(tmp_path, FULL, f"a,,{AT},,Ann@example.com", f"b,a,{AT},,"))
    assert codes(rejects) == [(2, "email", "email_taken"), (3, "sponsor_external_id", "sponsor_rejected")]


def test_an_email_given_twice_belongs_to_the_first_line(app: Flask, tmp_path: Path) -> None:
    path = written(tmp_path, FULL, f"a,,{AT},,x@example.com", f"b,,{AT},,X@example.com", f"a,,{AT},,x@example.com")
    for counts in (Imported(3, 1, 1, 1), Imported(3, 0, 2, 1)):
        found, rejects = members(path)
        assert found == counts
        assert codes(rejects) == [(3, "email", "email_taken")]


def test_a_name_keeps_its_words_and_the_profile_only_what_is_known(app: Flask, tmp_path: Path) -> None:
    path = written(tmp_path, FULL, f'a,,{AT},"  林\n小满 ",', f"b,,{AT},,b@example.com", f"c,,{AT},,")
    members(path)
    found = rows(
        "SELECT external_id, display_name, email FROM members LEFT JOIN member_profiles ON member_id = id"
        " ORDER BY external_id"
    )
    assert found == [("a", "林 小满", None), ("b", "b", "b@example.com"), ("c", None, None)]


def test_a_joining_after_the_clock_is_in_the_future(app: Flask, tmp_path: Path) -> None:
    clock = ManualClock(datetime(1997, 1, 1, 12, tzinfo=UTC))
    path = written(tmp_path, MEMBERS, f"a,,{AT}", "b,,1997-01-01T12:00:01Z")
    assert codes(members(path, clock)[1]) == [(3, "joined_at", "in_future")]
    clock.advance(timedelta(seconds=1))
    assert members(path, clock)[0].landed == 1


def test_a_refused_file_leaves_nothing(app: Flask, tmp_path: Path) -> None:
    path = written(tmp_path, MEMBERS, *[f"m{i},,{AT}" for i in range(6_000)], 'x,,"never closed')
    with pytest.raises(FileRefused, match="line 6002"):
        members(path)
    assert rows("SELECT * FROM members") == []


def test_a_header_alone_is_an_empty_import(app: Flask, tmp_path: Path) -> None:
    assert members(written(tmp_path, MEMBERS))[0] == Imported(0, 0, 0, 0)


@st.composite
def files(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    """Lines of a file: ids from a small pool, so that they repeat, miss each other and bite their tails."""
    pool = [f"m{i}" for i in range(7)]
    line = st.tuples(
        st.sampled_from([*pool, ""]),
        st.sampled_from([*pool, "", "", "nobody"]),
        st.sampled_from([AT, AT, AT, "1997-01-02T00:00:00Z", "1997-01-01T12:00:00", "2999-01-01T00:00:00Z"]),
    )
    return draw(st.lists(line, min_size=1, max_size=12))


def _who_can_stand(lines: list[tuple[str, str, str]]) -> set[str]:
    """The landing rules as one would say them: a good line under nobody or under a member, again and again."""
    good = [(who, sponsor) for who, sponsor, at in lines if who and at.endswith("Z") and at < "2000"]
    standing: set[str] = set()
    while added := {who for who, sponsor in good if not sponsor or sponsor in standing} - standing:
        standing |= added
    return standing


class _Undone(Exception):
    pass


def _tried(path: Path) -> tuple[dict[str, str | None], list[tuple[Imported, list[Rejected]]]]:
    """Import twice in one unit of work, look, and undo it all."""
    outcomes: list[tuple[Imported, list[Rejected]]] = []
    tree: dict[str, str | None] = {}

    def run(uow: UnitOfWork) -> None:
        rejects: list[Rejected] = []
        outcomes.append((import_members(uow, path, reject=rejects.append, progress=silent), rejects))

    try:
        with unit_of_work() as uow:
            run(uow)
            found = uow.session.connection().exec_driver_sql(
                "SELECT m.external_id, s.external_id, n.depth, cardinality(n.uplines) FROM referral_nodes n"
                " JOIN members m ON m.number = n.member_number LEFT JOIN members s ON s.number = n.sponsor"
            )
            depth = {}
            for member, sponsor, depth[member], kept in found:
                tree[member] = sponsor
                assert kept == min(depth[member], 8)
            assert all(depth[m] == (0 if s is None else depth[s] + 1) for m, s in tree.items())
            for table in ("staged_members", "proposed_members", "fallen_members", "cyclic_members", "landing_ids"):
                uow.session.connection().exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
            uow.session.connection().exec_driver_sql("DROP TABLE IF EXISTS landing_members")
            run(uow)
            raise _Undone
    except _Undone:
        return tree, outcomes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=files())
def test_random_files_land_as_a_plain_loop_says_and_only_once(
    app: Flask, tmp_path: Path, lines: list[tuple[str, str, str]]
) -> None:
    path = tmp_path / "in.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([MEMBERS.split(","), *lines])
    tree, ((first, rejects), (second, _)) = _tried(path)
    assert set(tree) == _who_can_stand(lines)
    landed_as = {(who, sponsor or None) for who, sponsor, at in lines}
    assert set(tree.items()) <= landed_as
    assert first.landed == len(tree)
    assert first.read == len(lines) == first.landed + first.already + first.rejected
    assert second.landed == 0
    assert second.already == first.landed + first.already
    assert [r.line for r in rejects] == sorted({r.line for r in rejects})
