"""How long each kind of data is kept, as data; the schedule forgets by it, pages and docs show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialshop.commissions import service as commissions
from socialshop.deals import service as deals
from socialshop.infra.settings import Settings
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.notifications import service as notifications
from socialshop.onboarding import applying
from socialshop.payments import service as payments
from socialshop.payouts import service as payouts
from socialshop.privacy.service.looking import forget_looks
from socialshop.referrals import service as referrals
from socialshop.rooms import service as rooms
from socialshop.screening import service as screening


@dataclass(frozen=True, slots=True)
class Kept:
    """A kind of data is kept for as many days as `setting` says; `step` forgets a batch of what is older."""

    kind: str
    setting: str
    step: Callable[[UnitOfWork, datetime], bool]

    def days(self, settings: Settings) -> int:
        """For how many days."""
        found: int = getattr(settings, self.setting)
        return found


RETENTION: tuple[Kept, ...] = (
    Kept("room_events", "history_keep_days", rooms.forget_events),
    Kept("bargain_marks", "history_keep_days", rooms.forget_bargain_marks),
    Kept("deal_invitations", "history_keep_days", deals.forget_invitations),
    Kept("notices_and_mails", "history_keep_days", notifications.forget),
    Kept("webhooks_sent", "history_keep_days", notifications.forget_webhooks),
    Kept("payment_notices", "history_keep_days", payments.forget_notices),
    Kept("invite_clicks", "history_keep_days", invites.forget_clicks),
    Kept("invite_click_days", "history_keep_days", invites.forget_click_days),
    Kept("banner_views", "history_keep_days", invites.forget_views),
    Kept("banner_view_days", "history_keep_days", invites.forget_view_days),
    Kept("invite_visitors", "history_keep_days", invites.forget_visitors),
    Kept("leader_applications", "history_keep_days", applying.forget_applications),
    Kept("plan_simulations", "history_keep_days", commissions.forget_simulations),
    Kept("commission_counters", "history_keep_days", commissions.forget_counters),
    Kept("subtree_crossings", "history_keep_days", referrals.forget_crossings),
    Kept("data_looks", "history_keep_days", forget_looks),
    Kept("member_signals", "signal_keep_days", screening.forget_signals),
    Kept("payout_accounts_of_former_members", "payout_keep_days", payouts.blot_out),
    Kept("payout_notes", "payout_keep_days", payouts.forget_notes),
)


def forget(uow: UnitOfWork, settings: Settings) -> bool:
    """Forget a batch of every kind that is older than it is kept; True if there may be more of any."""
    more = [kept.step(uow, uow.now - timedelta(days=kept.days(settings))) for kept in RETENTION]
    return any(more)
