"""The one table of periodic work. A tick is a row unique on (job, slot), so two schedulers make no duplicate.

A slot is the instant at which a span of `every` begins, counted from 1970. What was missed while nothing ran is not
made up for: each step does all that is due by then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from socialshop.audit import service as audit
from socialshop.books import service as books
from socialshop.commissions import service as commissions
from socialshop.deals import service as deals
from socialshop.identity import service as identity
from socialshop.infra import deliveries, ticks, wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.ledger import service as ledger
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.service import boards, campaigns
from socialshop.memberships import service as memberships
from socialshop.notifications import service as notifications
from socialshop.orders import service as orders
from socialshop.payments import service as payments
from socialshop.payments.gateway import gateways
from socialshop.payouts import service as payouts
from socialshop.privacy import service as privacy
from socialshop.recommendations import service as recommendations
from socialshop.referrals import service as referrals
from socialshop.risk import service as risk
from socialshop.rooms import service as rooms
from socialshop.signins import service as signins
from socialshop.web import idempotency

_log = structlog.get_logger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A tick that is not finished after so long lost its worker or its wake-up, or waits behind a slow one: woken again.
GRACE = timedelta(seconds=30)
_PRUNE_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Periodic:
    """Run `step` every `every`; a step is one transaction and says whether there is more to do at once.

    `isolation` names a PostgreSQL level, for a step whose statements must see one state.
    """

    name: str
    every: timedelta
    step: Callable[[UnitOfWork], bool]
    isolation: str | None = None


def prune(uow: UnitOfWork) -> bool:
    """Remove finished events and ticks older than the setting says."""
    before = uow.now - timedelta(days=wired.settings().outbox_keep_days)
    ticks.prune(uow, before)
    return deliveries.prune(uow, before, _PRUNE_BATCH) == _PRUNE_BATCH


def forget(uow: UnitOfWork) -> bool:
    """Forget what is told and counted of things long over. Of money, and of who did what, everything is kept."""
    return privacy.forget(uow, wired.settings())


def receive_overdue(uow: UnitOfWork) -> bool:
    """Take as received what was shipped longer ago than the setting says."""
    return orders.receive_overdue(uow, timedelta(days=wired.settings().automatic_receipt_days))


def evaluate_tiers(uow: UnitOfWork) -> bool:
    """Judge where members stand, once a day of the shop's and by each programme that is in force on it."""
    return memberships.evaluate_due(uow, wired.settings().time_zone)


def recognise_plans(uow: UnitOfWork) -> bool:
    """Earn the days of paid memberships that have passed by the shop's clock."""
    return memberships.recognise_due(uow, wired.settings().time_zone)


def begin_plan_months(uow: UnitOfWork) -> bool:
    """Begin the months of paid memberships whose turn it is by the shop's clock."""
    return memberships.begin_months(uow, wired.settings().time_zone)


def compute_recommendations(uow: UnitOfWork) -> bool:
    """Work out what is bought together and what that suggests to whom, once a day of the shop's."""
    return recommendations.compute_due(uow, wired.settings().time_zone)


def hand_out_coupons(uow: UnitOfWork) -> bool:
    """Give the coupons of the day: those of tiers and plans, of birthdays, and of member days."""
    return loyalty.hand_out_due(uow, wired.settings().time_zone)


def offer_deals(uow: UnitOfWork) -> bool:
    """Invite to the deals of segments whoever is in them today."""
    return loyalty.offer_due(uow, wired.settings().time_zone)


def read_provider_records(uow: UnitOfWork) -> bool:
    """Read what payment providers' own records say of money, and compare days that are over with the books."""
    return payments.read_records(uow, gateways())


def prove_books(uow: UnitOfWork) -> bool:
    """Recompute the books and the record once a day; how it ended stands in the record, and in the log if it is red."""
    difference = books.prove(uow, None)
    if difference is not None:
        _log.error("the books do not agree", first_difference=difference)
    return False


def recount_teams(uow: UnitOfWork) -> bool:
    """Count all teams anew and compare; sales that are on their way explain a difference."""
    counters = ("count_team_sales", "count_team_refunds")
    return referrals.recount(uow, lambda seen: not deliveries.backlog(seen, counters).is_empty)


def approve_payouts_by_rule(uow: UnitOfWork) -> bool:
    """Approve what the rule of payouts approves, once the rules of risk have looked at all there is."""
    return payouts.approve_by_rule(uow, lambda seen: deliveries.backlog(seen, ("judge_requesters",)).is_empty)


PERIODIC: tuple[Periodic, ...] = (
    Periodic("release_lapsed_holds", timedelta(seconds=2), rooms.release_lapsed_holds),
    Periodic("expire_rooms", timedelta(seconds=2), rooms.expire_due),
    Periodic("turn_sessions", timedelta(seconds=2), deals.turn_sessions),
    Periodic("expire_bargains", timedelta(seconds=5), rooms.expire_bargains),
    Periodic("receive_overdue_orders", timedelta(minutes=1), receive_overdue),
    Periodic("complete_orders", timedelta(minutes=1), orders.complete_due),
    Periodic("tell_low_stock", timedelta(minutes=1), deals.tell_low_stock),
    Periodic("reconcile_stock", timedelta(hours=1), deals.reconcile_stock),
    Periodic("reconcile_rewards", timedelta(hours=1), loyalty.reconcile_rewards),
    Periodic("poll_payments", timedelta(seconds=5), payments.poll),
    Periodic("read_provider_records", timedelta(minutes=5), read_provider_records),
    Periodic("judge_clicks", timedelta(seconds=5), invites.judge_clicks),
    Periodic("judge_views", timedelta(seconds=5), invites.judge_views),
    Periodic("tally_traffic", timedelta(minutes=10), commissions.tally_traffic),
    Periodic("seal_ledger", timedelta(seconds=5), ledger.seal),
    Periodic("seal_audit", timedelta(seconds=5), audit.seal),
    Periodic("settle", timedelta(minutes=1), commissions.settlement_tick),
    Periodic("hand_out_coupons", timedelta(minutes=1), hand_out_coupons),
    Periodic("offer_deals", timedelta(minutes=1), offer_deals),
    Periodic("expire_points", timedelta(minutes=1), loyalty.expire_due),
    Periodic("warn_of_expiring_points", timedelta(minutes=10), loyalty.warn_expiring),
    Periodic("announce_campaigns", timedelta(minutes=1), campaigns.announce),
    Periodic("give_campaign_coupons", timedelta(minutes=1), campaigns.give_coupons),
    Periodic("write_boards", timedelta(hours=1), boards.write_boards),
    Periodic("evaluate_tiers", timedelta(minutes=1), evaluate_tiers),
    Periodic("announce_plan_ends", timedelta(minutes=1), memberships.announce_due),
    Periodic("renew_plans", timedelta(minutes=1), memberships.renew_due),
    Periodic("retry_plan_charges", timedelta(minutes=1), memberships.retry_due),
    Periodic("end_plans", timedelta(minutes=1), memberships.end_due),
    Periodic("retry_plan_refunds", timedelta(hours=1), memberships.retry_refunds),
    Periodic("expire_plan_charges", timedelta(minutes=1), memberships.expire_charges),
    Periodic("begin_plan_months", timedelta(minutes=1), begin_plan_months),
    Periodic("recognise_plans", timedelta(minutes=5), recognise_plans),
    Periodic("compute_recommendations", timedelta(minutes=10), compute_recommendations),
    Periodic("count_places", timedelta(minutes=5), commissions.count_places),
    Periodic("recount_teams", timedelta(days=1), recount_teams),
    Periodic("judge_everybody", timedelta(days=1), risk.judge_all),
    Periodic("expire_findings", timedelta(hours=1), risk.expire_findings),
    Periodic("prove_books", timedelta(days=1), prove_books, isolation="REPEATABLE READ"),
    Periodic("approve_payouts_by_rule", timedelta(minutes=1), approve_payouts_by_rule),
    Periodic("tell_overdue_payouts", timedelta(hours=1), payouts.tell_overdue),
    Periodic("keep_heads", timedelta(days=1), ledger.keep_heads),
    Periodic("prune_outbox", timedelta(hours=1), prune),
    Periodic("forget_history", timedelta(hours=1), forget),
    Periodic("follow_merged", timedelta(minutes=5), privacy.follow_merged),
    Periodic("finish_erasures", timedelta(minutes=5), privacy.finish_erasures),
    Periodic("purge_sessions", timedelta(hours=1), identity.purge_sessions),
    Periodic("purge_tokens", timedelta(hours=1), identity.purge_tokens),
    Periodic("purge_phone_codes", timedelta(hours=1), signins.purge_codes),
    Periodic("purge_passkey_challenges", timedelta(hours=1), signins.purge_challenges),
    Periodic("purge_claims", timedelta(hours=1), identity.purge_claims),
    Periodic("fold_digests", timedelta(minutes=1), notifications.fold_digests),
    Periodic("poll_webhooks", timedelta(seconds=5), notifications.poll_webhooks),
    Periodic("poll_transfers", timedelta(seconds=5), payouts.poll_transfers),
    Periodic("poll_payees", timedelta(seconds=15), payouts.poll_payees),
    Periodic("poll_mails", timedelta(seconds=15), notifications.poll_mails),
    Periodic("purge_idempotency", timedelta(hours=1), idempotency.purge),
)


def named(name: str) -> Periodic | None:
    """The entry of this name."""
    return next((periodic for periodic in PERIODIC if periodic.name == name), None)


def slot_of(every: timedelta, now: datetime) -> datetime:
    """The beginning of the span that `now` lies in."""
    return now - (now - _EPOCH) % every


def tick(uow: UnitOfWork, table: Sequence[Periodic] | None = None) -> list[tuple[str, datetime]]:
    """Record the slots that have begun; returns the ticks to wake: new ones, and each job's last left unfinished."""
    table = PERIODIC if table is None else table
    slots = [(periodic.name, slot_of(periodic.every, uow.now)) for periodic in table]
    return ticks.begin(uow, slots, late=uow.now - GRACE)
