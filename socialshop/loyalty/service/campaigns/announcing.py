"""The treated hear that a campaign has begun and get its coupon; nobody else does."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.loyalty.service.campaigns.planning import CAMPAIGN_PREFIX
from socialshop.loyalty.service.handing_out import hand_out
from socialshop.loyalty.store import campaigns as store
from socialshop.loyalty.store import coupons
from socialshop.loyalty.store.campaigns import Untold
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

_TOLD_A_STEP = 2_000
_GIVEN_A_STEP = 2_000


def announce(uow: UnitOfWork) -> bool:
    """Tell the treated of campaigns that have begun, each once; True if there may be more. For the periodic table."""
    found = store.mark_told(uow.session, uow.now, _TOLD_A_STEP)
    notifications.tell(uow, [_told(each) for each in found])
    return len(found) == _TOLD_A_STEP


def give_coupons(uow: UnitOfWork) -> bool:
    """Issue the coupon of a campaign that goes on to the next of its treated, each once; True while there may be more.

    Within the coupon's own limit: who comes after it was reached gets none. A paused coupon waits. For the periodic
    table.
    """
    due = store.next_giving(uow.session, uow.now)
    coupon = None if due is None else coupons.lock(uow.session, due.coupon_id)
    if due is None or coupon is None or coupon.paused_at is not None:
        return False
    members = store.take_turns(uow.session, due.campaign_id, uow.now, _GIVEN_A_STEP)
    hand_out(uow, coupon, members, to_public(CAMPAIGN_PREFIX, due.campaign_id))
    return True


def _told(each: Untold) -> Told:
    facts = {
        "title_zh": each.title_zh,
        "title_en": each.title_en,
        "notice_zh": each.notice_zh,
        "notice_en": each.notice_en,
    }
    return Told(each.member, "campaign_begun", to_public(CAMPAIGN_PREFIX, each.campaign_id), None, None, facts)
