"""The tree in columns against walks from sponsor to sponsor, on random forests; who stands against a plain loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from socialshop.referrals import forest
from socialshop.referrals.proposals import NO_SPONSOR, UNKNOWN_SPONSOR, Proposals, Resolution, Verdict, resolve
from socialshop.referrals.tree import TOP, depths, nearest_uplines, on_cycles


@st.composite
def forests(draw: st.DrawFn) -> list[int]:
    """Parents, each before its child, then the members shuffled."""
    size = draw(st.integers(0, 40))
    parent = [draw(st.integers(-1, i - 1)) for i in range(size)]
    order = draw(st.permutations(range(size)))
    return [TOP if parent[i] == TOP else order.index(parent[i]) for i in order]


def _walk(parent: list[int], member: int) -> list[int]:
    path = []
    while (member := parent[member]) != TOP:
        path.append(member)
    return path


@given(forests())
def test_depths_and_uplines_are_what_a_walk_finds(parent: list[int]) -> None:
    column = np.array(parent, dtype=np.int64)
    walks = [_walk(parent, i) for i in range(len(parent))]
    assert depths(column).tolist() == [len(walk) for walk in walks]
    above = nearest_uplines(column, np.arange(1, len(parent) + 1))
    assert [[n for n in row if n] for row in above.tolist()] == [[m + 1 for m in walk[:8]] for walk in walks]


@given(forests(), st.data())
def test_team_sums_are_what_walks_gather(parent: list[int], data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(-(10**12), 10**12), min_size=len(parent), max_size=len(parent)))
    team = [0] * len(parent)
    for member, value in enumerate(values):
        for upline in _walk(parent, member):
            team[upline] += value
    column, worth = np.array(parent, dtype=np.int64), np.array(values, dtype=np.int64)
    depth = depths(column)
    assert forest.team_sums(column, depth, worth).tolist() == team
    if parent:
        assert forest._doubled(column, int(depth.max()), worth).tolist() == team


@given(forests())
def test_levels_below_are_what_walks_climb(parent: list[int]) -> None:
    below = [0] * len(parent)
    for member in range(len(parent)):
        for step, upline in enumerate(_walk(parent, member), 1):
            below[upline] = max(below[upline], step)
    column = np.array(parent, dtype=np.int64)
    depth = depths(column)
    assert forest.levels_below(column, depth).tolist() == below
    if parent:
        assert forest._heights_doubled(column, int(depth.max())).tolist() == below


@given(st.lists(st.integers(-1, 19), max_size=20))
def test_cycles_are_what_walks_come_back_to(sponsors: list[int]) -> None:
    size = len(sponsors)
    parent = [s if s < size else TOP for s in sponsors]

    def comes_back(start: int) -> bool:
        at = parent[start]
        for _ in range(size):
            if at in (TOP, start):
                return at == start
            at = parent[at]
        return False

    assert on_cycles(np.array(parent, dtype=np.int64)).tolist() == [comes_back(i) for i in range(size)]


@st.composite
def proposals(draw: st.DrawFn, *, repeated: bool) -> Proposals:
    """Lines of a file: members with wild sponsors; with `repeated`, any may have several lines."""
    size = draw(st.integers(1, 8))
    member = list(range(size))
    if repeated:
        member += draw(st.lists(st.integers(0, size - 1), max_size=8))
        member = list(dict.fromkeys(draw(st.permutations(member)))) + member
    choices = st.one_of(st.just(NO_SPONSOR), st.just(UNKNOWN_SPONSOR), st.integers(0, size - 1))
    sponsor = [draw(choices) for _ in member]
    sound = [draw(st.integers(0, 4)) > 0 for _ in member]
    columns = (np.array(member), np.array(sponsor), np.array(sound, dtype=np.bool_))
    return Proposals(*columns, members=size)


def _standing(lines: Proposals) -> set[int]:
    """Whoever has a sound line under nobody, or under one who stands: again and again until nobody is added."""
    standing: set[int] = set()
    while True:
        added = {
            int(m)
            for m, s, sound in zip(lines.member, lines.sponsor, lines.sound, strict=True)
            if sound and (s == NO_SPONSOR or s in standing)
        } - standing
        if not added:
            return standing
        standing |= added


def _stands_in(result: Resolution) -> set[int]:
    return set(np.flatnonzero(result.standing_line >= 0).tolist())


@given(proposals(repeated=True))
def test_as_many_stand_as_can_and_no_cycle_among_them(lines: Proposals) -> None:
    result = resolve(lines)
    assert _stands_in(result) == _standing(lines)
    chosen = {m: int(result.standing_line[m]) for m in _stands_in(result)}
    for member, line in chosen.items():
        assert lines.member[line] == member
        assert lines.sound[line]
        seen, at = {member}, int(lines.sponsor[line])
        while at != NO_SPONSOR:
            assert at in chosen
            assert at not in seen
            seen.add(at)
            at = int(lines.sponsor[chosen[at]])
    assert (result.verdict == Verdict.STANDS).sum() == len(chosen)


@given(proposals(repeated=True), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_decide_who_stands(lines: Proposals, random: object) -> None:
    order = np.arange(len(lines.member))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = Proposals(lines.member[order], lines.sponsor[order], lines.sound[order], lines.members)
    assert _stands_in(resolve(shuffled)) == _stands_in(resolve(lines))


@given(proposals(repeated=False))
def test_each_refusal_has_the_reason_that_a_walk_finds(lines: Proposals) -> None:
    sponsor, sound = lines.sponsor.tolist(), lines.sound.tolist()
    standing = _standing(lines)

    def reason(member: int) -> Verdict:
        if member in standing:
            return Verdict.STANDS
        if sponsor[member] == UNKNOWN_SPONSOR:
            return Verdict.SPONSOR_UNKNOWN
        at = sponsor[member]
        for _ in sponsor:
            if at < 0 or at == member:
                break
            at = sponsor[at]
        if at == member:
            return Verdict.SPONSOR_CYCLE
        if sponsor[member] >= 0 and sponsor[member] not in standing:
            return Verdict.SPONSOR_REJECTED
        assert not sound[member]
        return Verdict.UNSOUND

    assert resolve(lines).verdict.tolist() == [reason(m) for m in range(lines.members)]


@given(proposals(repeated=False), st.lists(st.tuples(st.integers(-2, 7), st.booleans()), min_size=1, max_size=4))
def test_of_one_repeated_member_the_first_good_line_stands(lines: Proposals, more: list[tuple[int, bool]]) -> None:
    """Good: sound, and under one who stands without the help of this very member."""
    extra = [(s if s < lines.members else NO_SPONSOR, sound) for s, sound in more]
    lines = Proposals(
        np.append(lines.member, [0] * len(extra)),
        np.append(lines.sponsor, [s for s, _ in extra]),
        np.append(lines.sound, [sound for _, sound in extra]),
        lines.members,
    )
    others = lines.member != 0
    alone = Proposals(lines.member[others], lines.sponsor[others], lines.sound[others], lines.members)
    without = _standing(alone)
    good = [
        i
        for i in np.flatnonzero(~others).tolist()
        if lines.sound[i] and (lines.sponsor[i] == NO_SPONSOR or int(lines.sponsor[i]) in without)
    ]
    assert resolve(lines).standing_line[0] == (good[0] if good else -1)


def test_the_second_line_of_a_member_gets_its_chance() -> None:
    """0 and 1 name each other; 0 has a second line under nobody: it stands, and 1 under it."""
    lines = Proposals(np.array([0, 1, 0, 0]), np.array([1, 0, NO_SPONSOR, NO_SPONSOR]), np.ones(4, np.bool_), 2)
    result = resolve(lines)
    assert result.standing_line.tolist() == [2, 1]
    assert result.verdict.tolist() == [Verdict.SPONSOR_CYCLE, Verdict.STANDS, Verdict.STANDS, Verdict.REPEATED]


def test_a_file_in_which_nobody_can_stand_is_decided_at_once() -> None:
    """A million below one unknown sponsor, in a chain."""
    size = 1_000_000
    sponsor = np.arange(-1, size - 1)
    sponsor[0] = UNKNOWN_SPONSOR
    verdict = resolve(Proposals(np.arange(size), sponsor, np.ones(size, np.bool_), size)).verdict
    assert verdict[0] == Verdict.SPONSOR_UNKNOWN
    assert (verdict[1:] == Verdict.SPONSOR_REJECTED).all()
