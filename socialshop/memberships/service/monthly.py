"""What months of plans bring: told once for each who shares the plan; partners' vouchers, one a month, never twice."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from socialshop.audit import service as audit
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_ids
from socialshop.kernel.time import day_of
from socialshop.memberships.errors import PlanNotActive, VoucherGone
from socialshop.memberships.events import PlanMonthBegan
from socialshop.memberships.service.benefiting import benefits_of
from socialshop.memberships.service.offering import offer_of
from socialshop.memberships.service.using import BenefitUse, note_uses
from socialshop.memberships.store import families, subscriptions
from socialshop.memberships.store import months as store
from socialshop.memberships.store.months import PartnerRow, StockRow, VoucherRow

BATCH = 500
# What a tier gives is no use of a plan: one that was not used otherwise is refunded whole.
TIER_VOUCHER = "tier_voucher"


def begin_months(uow: UnitOfWork, zone: str) -> bool:
    """Begin the next month of up to 500 subscriptions whose turn it is; True while there are more.

    `PlanMonthBegan` tells of each, once for each member who shares the plan. Months that were missed follow one by one.
    """
    begun = store.begin(uow.session, day_of(uow.now, zone), BATCH, uow.now)
    uow.emit_all(
        [
            PlanMonthBegan(
                subscription_id=month.subscription_id,
                member=month.member,
                number=month.number,
                begins_on=month.begins_on.isoformat(),
                offer_id=month.offer_id,
            )
            for month in begun
        ]
    )
    crash_point("plans.months_begun")
    return bool(begun)


def take_voucher(uow: UnitOfWork, member: int, subscription_id: uuid.UUID, partner: str) -> VoucherRow:
    """The partner's voucher of this month; said again, the same one. Who asks holds the subscription, so never two.

    Raises NotFound (neither the member's plan nor one that the member shares), PlanNotActive (also before its first
    month), VoucherGone (the plan has none of this partner, the member had it otherwise, or none is left).
    """
    row = subscriptions.lock_all(uow.session, [subscription_id]).get(subscription_id)
    if row is None or not _shares(uow, member, row.member, subscription_id):
        raise NotFound("no such subscription")
    if row.status not in ("active", "grace"):
        raise PlanNotActive("the subscription does not run", status=row.status)
    if partner not in offer_of(uow, row.offer_id).offer.partners:
        raise VoucherGone("the plan has no voucher of this partner")
    number = store.newest(uow.session, subscription_id, member)
    if number is None:
        raise PlanNotActive("the first month has not begun")
    _wait_for_own(uow, partner, member)
    has = store.voucher(uow.session, partner, subscription_id, member, number)
    if has is not None:
        return has
    if store.has_elsewhere(uow.session, partner, subscription_id, member, number):
        raise VoucherGone("you had this partner's voucher of this month by your tier, or another plan")
    given = store.give(uow.session, partner, subscription_id=subscription_id, member=member, number=number, now=uow.now)
    if given is None:
        raise VoucherGone("no voucher of this partner is left")
    note_uses(uow, [BenefitUse(member, "partner_voucher", f"{partner} {subscription_id} {number}")])
    return given


def take_tier_voucher(uow: UnitOfWork, member: int, partner: str, zone: str) -> VoucherRow:
    """The partner's voucher of this month of the shop's that the member's tier gives; said again, the same one.

    A plan may bring the same partner's: a member has one a month, by whichever was asked first. Raises VoucherGone (the
    tier has none of this partner, the member had it by a plan, or none is left).
    """
    if partner not in benefits_of(uow, [member])[member].partner_vouchers:
        raise VoucherGone("your tier has no voucher of this partner")
    _wait_for_own(uow, partner, member)
    month_on = month_of(uow, zone)
    has = store.voucher_by_tier(uow.session, partner, member, month_on)
    if has is not None:
        return has
    if store.has_by_plan(uow.session, partner, member, month_on):
        raise VoucherGone("you had this partner's voucher of this month by a plan")
    given = store.give_by_tier(uow.session, partner, member, month_on, uow.now)
    if given is None:
        raise VoucherGone("no voucher of this partner is left")
    note_uses(uow, [BenefitUse(member, TIER_VOUCHER, f"{partner} {month_on:%Y-%m}", by_plan=False)])
    return given


def month_of(uow: UnitOfWork, zone: str) -> date:
    """The first day of the shop's month."""
    return day_of(uow.now, zone).replace(day=1)


def vouchers_of(uow: UnitOfWork, member: int) -> list[VoucherRow]:
    """The vouchers that the member has, the newest first."""
    return store.vouchers_of(uow.session, member)


def load_vouchers(
    uow: UnitOfWork, actor: uuid.UUID, partner: str, codes: Sequence[str], titles: tuple[str, str] | None = None
) -> int:
    """Put codes of a partner in stock; one that is there already is left as it is. Returns how many are new.

    `titles`: what the partner is called from now on, in Chinese and in English.
    """
    fresh = store.load(uow.session, partner, new_ids(len(codes)), codes, uow.now)
    facts: dict[str, object] = {"sent": len(codes), "new": fresh}
    if titles is not None:
        store.name_partner(uow.session, PartnerRow(partner, *titles), uow.now)
        facts |= {"title_zh": titles[0], "title_en": titles[1]}
    audit.record(uow, actor=actor, action="partner_vouchers.loaded", target=f"partner_{partner}", facts=facts)
    return fresh


def partners_named(uow: UnitOfWork, codes: Collection[str]) -> Mapping[str, PartnerRow]:
    """What these partners are called, by code, of those that have a name. One statement; none for none."""
    return {row.code: row for row in store.partners(uow.session, codes)} if codes else {}


def voucher_stock(uow: UnitOfWork) -> list[StockRow]:
    """How many vouchers of each partner were loaded and are left."""
    return store.stock(uow.session)


def _wait_for_own(uow: UnitOfWork, partner: str, member: int) -> None:
    """Another plan of the member's is another row, and a tier none: who asks by two at once passes one by one."""
    advisory_lock(uow, f"memberships:voucher {partner} {member}")


def _shares(uow: UnitOfWork, member: int, owner: int, subscription_id: uuid.UUID) -> bool:
    seat = families.seat_of(uow.session, member)
    return member == owner or (seat is not None and seat.subscription_id == subscription_id)
