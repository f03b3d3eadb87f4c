"""Clicks and views that pay: days that are over are tallied, each counted click at most once, and accrue held.

Locks. One tally at a time, so that of a day's counts each is found in no tally, or taken; the key of tallies stands
behind. Counters of caps are then held as accruals of orders hold them: before balances, in the order of their names.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, MutableMapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from socialshop.commissions import rules, traffic
from socialshop.commissions.plan import Plan, parse_plan
from socialshop.commissions.rules import Outcome
from socialshop.commissions.salefacts import SaleFacts, document_of, read
from socialshop.commissions.service.capping import Decided, cut_to_caps
from socialshop.commissions.store import facts as facts_store
from socialshop.commissions.store import plans
from socialshop.commissions.store import tallies as store
from socialshop.commissions.store.facts import TermsRow
from socialshop.commissions.store.plans import Version
from socialshop.commissions.store.tallies import TallyAccrualRow, TallyRow, TallySkipRow, WaitingRow
from socialshop.commissions.traffic import Counted
from socialshop.infra import wired
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.ids import new_ids, to_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting

TALLY_PREFIX = "tly"
_BATCH = 1_000
# A day is tallied once it is over for so long: what was clicked in its last minutes has been judged by then.
COUNTED_AFTER = timedelta(hours=1)
# What is judged later than this is counted in figures and pays nothing.
_DAYS_BACK = 35


class Group(NamedTuple):
    """Tallies that go by one version of a plan, as they are stored and as the engine takes them."""

    version: Version
    plan: Plan
    tallies: Sequence[TallyRow]
    batch: Sequence[Counted]


def tally_traffic(uow: UnitOfWork) -> bool:
    """Tally counted clicks and views of days that are over, and accrue what they earn; True while more wait.

    A constant number of statements, whatever the number of days.
    """
    if not advisory_lock(uow, "commissions:tallying", wait=False):
        return False
    settings = wired.settings()
    last = (uow.now - COUNTED_AFTER).astimezone(ZoneInfo(settings.time_zone)).date() - timedelta(days=1)
    days: tuple[date, date] = last - timedelta(days=_DAYS_BACK), last
    rows = store.waiting(uow.session, days, settings.currency, settings.time_zone, _BATCH)
    crash_point("tally.found")
    if rows:
        write_tallies(uow, list(_groups(uow, rows)))
    crash_point("tally.posted")
    return len(rows) == _BATCH


def counted_of(tally: TallyRow) -> Counted:
    """A tally as the engine takes it."""
    facts, publisher, leg = read(tally.facts), bool(tally.facts.get("publisher")), tally.facts.get("leg")
    return Counted(tally.id, tally.kind, tally.member, tally.counted, tally.before, publisher, facts, leg)


def placed(plan: Plan, outcome: Outcome) -> Outcome:
    """The outcome of a plan without its caps of orders, each cap by its place in the plan itself."""
    where = traffic.places(plan)
    terms = {
        place: found._replace(cap=None if found.cap is None else where[found.cap])
        for place, found in outcome.terms.items()
    }
    return outcome._replace(terms=terms)


def write_tallies(uow: UnitOfWork, groups: Sequence[Group]) -> None:
    """Decide what tallies earn within the caps, and write them down with it. A constant number of statements."""
    found: dict[uuid.UUID, SaleFacts] = {each.id: each.facts for group in groups for each in group.batch}
    outcomes = _decide(uow, groups, found)
    tallies: list[TallyRow] = []
    accruals: list[TallyAccrualRow] = []
    skips: list[TallySkipRow] = []
    terms: list[TermsRow] = []
    for group, outcome in zip(groups, outcomes, strict=True):
        # What caps were found at is known only now; a tally never changes once it is written.
        tallies += (row._replace(facts=row.facts | document_of(found[row.id])) for row in group.tallies)
        accruals += accrual_rows(uow, group.plan, tallies[-len(group.batch) :], outcome)
        skips += (TallySkipRow(group.batch[number].id, leg, reason) for number, leg, _, reason in outcome.skips)
        ids = [row.id for row in accruals[len(accruals) - len(outcome.rewards) :]]
        terms += (TermsRow(ids[place], *rest[1:]) for place, rest in outcome.terms.items())
    store.add(uow.session, tallies, uow.now)
    store.add_accruals(uow.session, accruals)
    store.add_skips(uow.session, skips)
    if terms:
        facts_store.add_terms(uow.session, terms)
    crash_point("tally.claimed")
    ledger.post(uow, list(entries(accruals)))


def accrual_rows(
    uow: UnitOfWork, plan: Plan, tallies: Sequence[TallyRow], outcome: Outcome
) -> Iterator[TallyAccrualRow]:
    """The rewards as they are stored; they are held from when the tally says, for the plan's days."""
    for id_, (number, leg, member, amount) in zip(new_ids(len(outcome.rewards)), outcome.rewards, strict=True):
        tally = tallies[number]
        matures = rules.matures_at(tally.held_from, plan.hold_days)
        assert matures is not None
        kind, level = plan.legs[leg].kind, plan.legs[leg].level
        yield TallyAccrualRow(id_, tally.id, member, kind, level, leg, amount, plan.currency, uow.now, matures)


def entries(accruals: Sequence[TallyAccrualRow]) -> Iterator[Entry]:
    """One journal entry a tally, as one an order: out of the shop's expense, into what its beneficiary has pending."""
    postings: dict[uuid.UUID, list[Posting]] = {}
    for row in accruals:
        postings.setdefault(row.tally_id, []).extend(
            (
                Posting(chart.COMMISSION_EXPENSE, -row.amount_minor, row.currency, row.id),
                Posting(chart.member_pending(row.beneficiary), row.amount_minor, row.currency, row.id),
            )
        )
    for tally_id, both in postings.items():
        yield Entry(f"tally:{to_public(TALLY_PREFIX, tally_id)}", "tally", both)


def _groups(uow: UnitOfWork, rows: Sequence[WaitingRow]) -> Iterator[Group]:
    by_version: dict[uuid.UUID, list[WaitingRow]] = {}
    for row in rows:
        by_version.setdefault(row.plan_version_id, []).append(row)
    for version in plans.versions(uow.session, by_version):
        plan, days = parse_plan(version.document), by_version[version.id]
        batch = [
            Counted(id_, row.kind, row.member, row.counted, row.before, row.publisher, _facts(plan, row))
            for id_, row in zip(new_ids(len(days)), days, strict=True)
        ]
        yield Group(version, plan, list(_tally_rows(days, batch)), batch)


def _facts(plan: Plan, row: WaitingRow) -> SaleFacts:
    day = row.on_day.isoformat()
    return SaleFacts(
        sale_at=row.begins,
        product=None if row.product_id is None else to_public("prd", row.product_id),
        deal=None if row.deal_id is None else to_public("deal", row.deal_id),
        channel=row.channel,
        periods={"day": day, "month": day[:7]} if plan.caps else {},
    )


def _decide(uow: UnitOfWork, groups: Sequence[Group], found: MutableMapping[uuid.UUID, SaleFacts]) -> list[Outcome]:
    """What each group earns, cut to what caps have room for; `found` learns what each found its counters at."""
    weighed = [
        (
            group.version.plan_id,
            Decided(
                traffic.capped_by(group.plan), traffic.columns_of(group.batch), traffic.accrue(group.plan, group.batch)
            ),
        )
        for group in groups
    ]
    if any(decided.plan.caps for _, decided in weighed):
        weighed = cut_to_caps(uow, weighed, found)
    return [placed(group.plan, decided.outcome) for group, (_, decided) in zip(groups, weighed, strict=True)]


def _tally_rows(days: Sequence[WaitingRow], batch: Sequence[Counted]) -> Iterator[TallyRow]:
    for row, each in zip(days, batch, strict=True):
        facts: dict[str, Any] = {"publisher": True} if row.publisher else {}
        yield TallyRow(
            each.id,
            row.kind,
            row.member,
            row.plan_version_id,
            row.link_id,
            row.on_day,
            row.counted,
            row.before,
            row.ends,
            facts,
        )
