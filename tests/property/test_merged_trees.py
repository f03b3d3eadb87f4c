"""Merges and corrections in any order on any tree: no cycle, every path and depth as walks find them, nobody lost."""

from __future__ import annotations

from contextlib import suppress

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.referrals import service as referrals
from socialshop.screening import service as screening
from tests.sample_sales import Forest, Sale, a_forest, place, sell, uplines_in


class _Undone(Exception):
    pass


def merged(forest: dict[int, int | None], gone: int, kept: int) -> None:
    """What a merge makes of a tree, by the rule alone: who is kept rises beside who goes, then takes the children."""
    above = kept
    while (sponsor := forest[above]) is not None and above != gone:
        above = sponsor
    if above == gone or gone in walk(forest, kept):
        forest[kept] = forest[gone]
    for member, sponsor in forest.items():
        if sponsor == gone and member != kept:
            forest[member] = kept


def walk(forest: Forest, member: int) -> list[int]:
    """Everybody above, the sponsor first; fails where it comes round."""
    found: list[int] = []
    above = forest[member]
    while above is not None:
        assert above not in found, "a cycle"
        found.append(above)
        above = forest[above]
    return found


def standing(uow: UnitOfWork) -> dict[int, tuple[int | None, int, list[int]]]:
    """(sponsor, depth, uplines) of everybody."""
    rows = uow.session.execute(text("SELECT member_number, sponsor, depth, uplines FROM referral_nodes"))
    return {row.member_number: (row.sponsor, row.depth, row.uplines) for row in rows}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_merges_and_corrections_keep_the_tree_and_its_sums_whole(app: Flask, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 14))
    forest = a_forest(size, data.draw(st.integers(0, 999)))
    if data.draw(st.booleans()):
        forest = {n: n - 1 or None for n in range(1, size + 1)}

    gone: set[int] = set()

    def run() -> None:
        with unit_of_work() as uow:
            place(uow, forest)
            uow.session.execute(
                text("UPDATE referral_nodes SET depth = :depth WHERE member_number = :number"),
                [{"number": n, "depth": len(walk(forest, n))} for n in forest],
            )
            sell(uow, [Sale(n) for n in forest])
            for _ in range(data.draw(st.integers(1, 6))):
                one, other = data.draw(st.permutations(sorted(forest)))[:2]
                merge = data.draw(st.booleans())
                with suppress(DomainError):
                    if merge:
                        referrals.take_over(uow, gone=one, kept=other, reason="t", by="t")
                        merged(forest, one, other)
                        gone.add(one)
                    else:
                        referrals.correct_sponsor(uow, member_number=one, new_sponsor=other, reason="t", by="t")
                        forest[one] = other
                assert not gone & set(forest.values()), "somebody stands below an account that was merged"
                if data.draw(st.booleans()):
                    referrals.count_places(uow)
                assert standing(uow) == {n: (forest[n], len(walk(forest, n)), uplines_in(forest, n)) for n in forest}
            referrals.recount(uow, lambda _: False)
            assert screening.findings_about(uow, [referrals.TEAMS]) == []
            tops = "SELECT sum(volume_minor + own_minor) FROM team_figures WHERE sponsor IS NULL"
            assert uow.session.scalar(text(tops)) == 10_000 * size
            raise _Undone

    with pytest.raises(_Undone):
        run()
