"""Replay: every accrual recomputed from its snapshot and compared with what is stored, to the minor unit."""

from __future__ import annotations

import hashlib
import uuid
from bisect import bisect_right
from collections import Counter as Sums
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.commissions import capping, rules, traffic
from socialshop.commissions.plan import Plan, hash_of, parse_plan
from socialshop.commissions.rules import WHOLE_LINE, Reason
from socialshop.commissions.salefacts import read
from socialshop.commissions.service.accruing import columns_of, compute, groups_of, pass_rows, skip_rows
from socialshop.commissions.service.tallying import counted_of, placed
from socialshop.commissions.store import counters, plans, tallies
from socialshop.commissions.store import replay as store
from socialshop.commissions.store.accruals import Line, SkipRow
from socialshop.commissions.store.counters import Counter
from socialshop.commissions.store.facts import PassRow
from socialshop.commissions.store.replay import Snapshot, StoredAccrual
from socialshop.commissions.store.tallies import Recounted
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import to_text

_LINES_AT_A_TIME = 5_000
_BEFORE_ALL = uuid.UUID(int=0)
_NO_TERMS = (None,) * 5

Fact = StoredAccrual | SkipRow | PassRow


@dataclass(frozen=True, slots=True)
class Replay:
    """What was recomputed. `statement_hash` covers every accrual; it is None where something differs.

    The statement is a line an accrual, `order line|beneficiary|kind|level|amount|currency`, and `|clawed back` where
    anything was; sorted, each ended by a line feed; its hash is SHA-256. `difference` is the first one, in words.
    """

    lines: int
    accruals: int
    skips: int
    statement_hash: str | None
    difference: str | None


class _Differs(Exception):
    """The first difference was found."""


class _Versions:
    """The published versions, and which was in force when."""

    def __init__(self, found: Sequence[plans.Version]) -> None:
        self.plans: dict[uuid.UUID, Plan] = {}
        self._plan_ids = {version.id: version.plan_id for version in found}
        self._counted: Sums[Counter] = Sums()
        self._in_force: dict[str, tuple[list[datetime], list[uuid.UUID]]] = {}
        for version in found:
            if hash_of(version.document) != version.document_hash:
                raise _Differs(f"plan version {to_public('plv', version.id)}: its document is not the one published")
            self.plans[version.id] = parse_plan(version.document)
            instants, ids = self._in_force.setdefault(version.currency, ([], []))
            instants.append(version.effective_at)
            ids.append(version.id)

    def in_force(self, currency: str, at: datetime) -> uuid.UUID | None:
        instants, ids = self._in_force.get(currency, ([], []))
        after = bisect_right(instants, at)
        return ids[after - 1] if after else None

    def count(self, snapshots: Sequence[Snapshot], facts: Iterable[Fact]) -> None:
        """What the caps have let through of these, less what was taken back."""
        capped = {
            snapshot.line.order_line_id: (version, snapshot.line.order_id, snapshot.facts)
            for snapshot in snapshots
            if (version := snapshot.line.plan_version_id) is not None and self.plans[version].caps
        }
        if not capped:
            return
        for fact in facts:
            if isinstance(fact, StoredAccrual) and fact.order_line_id in capped:
                version, order_id, kept = capped[fact.order_line_id]
                self.count_one(version, order_id, fact, read(kept).periods)

    def count_one(
        self, version: uuid.UUID, order_id: uuid.UUID, fact: StoredAccrual, periods: Mapping[str, str]
    ) -> None:
        """What the caps of a version have let through of one accrual, less what was taken back."""
        for key in capping.kept_keys(self.plans[version].caps or (), order_id, fact.beneficiary, periods):
            self._counted[Counter(self._plan_ids[version], key)] += fact.amount_minor - fact.clawed_minor

    def currency(self, version: uuid.UUID) -> str:
        """The currency of a version's plan."""
        return self.plans[version].currency

    def compare(self, standing: Mapping[Counter, int]) -> None:
        """Every counter stands at what was counted."""
        counted = {counter: minor for counter, minor in self._counted.items() if minor}
        off = sorted(counted.items() ^ standing.items())
        if off:
            counter = off[0][0]
            raise _Differs(
                f"counter {counter.key} of plan {counter.plan_id}: counted {counted.get(counter, 0)}, "
                f"stored {standing.get(counter, 0)}"
            )


def replay(uow: UnitOfWork) -> Replay:
    """Recompute every accrual from its snapshot, a few thousand lines at a time.

    Ask it within a REPEATABLE READ unit of work, so that accruals that arrive meanwhile are no difference.
    """
    digest, lines, accruals, skips = hashlib.sha256(), 0, 0, 0
    try:
        versions = _Versions(plans.versions(uow.session))
        for snapshots, stored in _chunks(uow):
            facts = _recomputed(versions, snapshots)
            _compare(facts, stored)
            versions.count(snapshots, facts)
            statement = sorted(_statement_line(fact) for fact in facts if isinstance(fact, StoredAccrual))
            digest.update("".join(statement).encode())
            lines += len(snapshots)
            accruals += len(statement)
            skips += sum(isinstance(fact, SkipRow) for fact in facts)
        for tallied in _tallies(uow, versions):
            statement = sorted(_statement_line(fact) for fact in tallied if isinstance(fact, StoredAccrual))
            digest.update("".join(statement).encode())
            accruals += len(statement)
            skips += len(tallied) - len(statement)
        versions.compare(counters.standing(uow.session))
    except _Differs as difference:
        return Replay(lines, accruals, skips, statement_hash=None, difference=str(difference))
    return Replay(lines, accruals, skips, statement_hash=digest.hexdigest(), difference=None)


def _chunks(uow: UnitOfWork) -> Iterator[tuple[list[Snapshot], list[Fact]]]:
    after = _BEFORE_ALL
    while snapshots := store.snapshots(uow.session, after, _LINES_AT_A_TIME):
        last = snapshots[-1].line.order_line_id
        read = (store.accruals, store.skips, store.passes)
        yield snapshots, [fact for facts in read for fact in facts(uow.session, after, last)]
        after = last


def _recomputed(versions: _Versions, snapshots: Sequence[Snapshot]) -> list[Fact]:
    by_version: dict[uuid.UUID | None, list[Line]] = {}
    later = {snapshot.line.order_line_id: snapshot for snapshot in snapshots}
    for line, currency, sale_at, *_ in snapshots:
        if versions.in_force(currency, sale_at) != line.plan_version_id:
            raise _Differs(
                f"order line {line.order_line_id}: it accrued under another plan version than the one in force in "
                f"{currency} at {to_text(sale_at)}"
            )
        by_version.setdefault(line.plan_version_id, []).append(line)
    facts: list[Fact] = [
        SkipRow(line.order_line_id, WHOLE_LINE, None, 0, None, Reason.NO_PLAN_IN_FORCE)
        for line in by_version.pop(None, ())
    ]
    for version, lines in by_version.items():
        assert version is not None
        for plan, group in groups_of(versions.plans[version], lines):
            facts += _facts(plan, group, later)
    return facts


def _facts(plan: Plan, lines: Sequence[Line], later: Mapping[uuid.UUID, Snapshot]) -> Iterator[Fact]:
    kept = ((line.order_line_id, later[line.order_line_id].facts) for line in lines)
    sales = columns_of(lines, {line: read(facts) for line, facts in kept if facts is not None})
    outcome = compute(plan, sales)
    if plan.caps:
        outcome = capping.cut(plan, sales, outcome, None).outcome
    for place, (sale, number, beneficiary, amount) in enumerate(outcome.rewards):
        leg, terms = plan.legs[number], outcome.terms.get(place)
        snapshot = later[sales.line_ids[sale]]
        matures = rules.matures_at(sales.received_at[sale] or snapshot.held_from, plan.hold_days)
        went_back, rate = (snapshot.refunded_minor, snapshot.returned), terms.rate_bps if terms else None
        order = (snapshot.facts or {}).get("order_minor", 0) - snapshot.order_refunded_minor
        base, quantity = sales.bases[sale], sales.quantities[sale]
        net = rules.net_of(leg, base, quantity, *went_back, rate_bps=rate, order_minor=order)
        clawed = amount - min(amount, net)
        yield StoredAccrual(
            sales.line_ids[sale],
            beneficiary,
            leg.kind,
            terms.level if terms else leg.level,
            number,
            amount,
            plan.currency,
            matures,
            clawed,
            clawed,
            *(terms[1:] if terms else _NO_TERMS),
        )
    yield from skip_rows(plan, sales, outcome)
    yield from pass_rows(plan, sales, outcome)


def _tallies(uow: UnitOfWork, versions: _Versions) -> Iterator[list[Fact]]:
    """What was counted, recomputed from its tallies and compared with what is stored, a few thousand at a time.

    A tally stands where an order line does: its id is that of its facts.
    """
    after = _BEFORE_ALL
    while found := tallies.recounted(uow.session, after, _LINES_AT_A_TIME):
        last = found[-1].tally.id
        facts = [fact for one in found for fact in _facts_of_count(versions, one)]
        _compare(facts, tallies.stored(uow.session, after, last))
        yield facts
        after = last


def _facts_of_count(versions: _Versions, one: Recounted) -> Iterator[Fact]:
    tally, each = one.tally, counted_of(one.tally)
    version, at = tally.plan_version_id, each.facts.sale_at
    if at is None or versions.in_force(versions.currency(version), at) != version:
        raise _Differs(f"tally {tally.id}: it goes by another plan version than the one in force when its day began")
    plan = versions.plans[version]
    outcome = placed(plan, traffic.again(plan, [each]))
    for place, (_, number, beneficiary, amount) in enumerate(outcome.rewards):
        leg, terms = plan.legs[number], outcome.terms.get(place)
        net = traffic.amount_of(leg, each.counted - one.disallowed, each.before)
        clawed = amount - min(amount, net)
        matures = rules.matures_at(tally.held_from, plan.hold_days)
        known = (tally.id, beneficiary, leg.kind, leg.level, number, amount, plan.currency, matures, clawed, clawed)
        fact = StoredAccrual(*known, *(terms[1:] if terms else _NO_TERMS))
        versions.count_one(version, tally.id, fact, each.facts.periods)
        yield fact
    for _, number, member, reason in outcome.skips:
        yield SkipRow(tally.id, number, tally.kind, 0, member, reason)


def _compare(facts: Sequence[Fact], stored: Sequence[Fact]) -> None:
    expected, found = set(facts), set(stored)
    if expected == found:
        return
    first = min(fact.order_line_id for fact in expected ^ found)
    raise _Differs(
        f"order line {first}: recomputed {_words(expected - found, first)}, stored {_words(found - expected, first)}"
    )


def _words(facts: Iterable[Fact], order_line_id: uuid.UUID) -> str:
    """What one side says of the line and the other does not."""
    return "; ".join(sorted(_fact_words(fact) for fact in facts if fact.order_line_id == order_line_id)) or "nothing"


def _fact_words(fact: Fact) -> str:
    what = f"leg {fact.leg} ({fact.kind or 'plan'}, level {fact.level})"
    if isinstance(fact, PassRow):
        return f"{what} went by member {fact.member_number}: {fact.reason}"
    if isinstance(fact, SkipRow):
        return f"{what} skipped: {fact.reason}"
    matures = "never" if fact.matures_at is None else to_text(fact.matures_at)
    words = f"{what} {fact.amount_minor} {fact.currency} to member {fact.beneficiary}, maturing {matures}"
    if fact.depth is not None:
        words += f", {fact.depth} levels above" + (f" at {fact.rate_bps} bps" if fact.rate_bps else "")
        words += "" if fact.cap is None else f", cut from {fact.asked_minor} by cap {fact.cap}"
    if not fact.clawed_minor and not fact.clawed_by_rows:
        return words
    return f"{words}, clawed back {fact.clawed_minor} (by its claw backs {fact.clawed_by_rows})"


def _statement_line(fact: StoredAccrual) -> str:
    line, beneficiary, kind, level, _, amount, currency, _, clawed, *_ = fact
    return f"{line}|{beneficiary}|{kind}|{level}|{amount}|{currency}{f'|{clawed}' if clawed else ''}\n"
