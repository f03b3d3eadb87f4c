"""The door of memberships."""

from __future__ import annotations

from socialshop.memberships.rules import Benefits
from socialshop.memberships.service.announcing import on_plan_month_began
from socialshop.memberships.service.benefiting import (
    benefits_in,
    benefits_of,
    come_early,
    first_tier,
    head_start_of,
    require_tier,
    tiers_at,
)
from socialshop.memberships.service.collecting import (
    on_charge_authorized,
    on_charge_captured,
    on_charge_failed,
    on_charge_refund_failed,
    on_charge_refunded,
)
from socialshop.memberships.service.downgrading import DowngradeQuote, downgrade, downgrades_of, keep_plan
from socialshop.memberships.service.evaluating import evaluate_due
from socialshop.memberships.service.gifting import (
    Gift,
    gift_of,
    gifts_of,
    give,
    make_gift_link,
    redeem,
    return_gift,
)
from socialshop.memberships.service.growing import Activity, add_activity, on_order_refunded, on_orders_confirmed
from socialshop.memberships.service.monthly import (
    begin_months,
    load_vouchers,
    month_of,
    partners_named,
    take_tier_voucher,
    take_voucher,
    voucher_stock,
    vouchers_of,
)
from socialshop.memberships.service.offering import (
    OfferView,
    Payers,
    draft_offer,
    growth_of,
    offer_of,
    offer_page,
    offers_on_sale,
    publish_offer,
    who_pays,
)
from socialshop.memberships.service.publishing import (
    ProgrammeView,
    draft_programme,
    programme_in_force,
    programme_of,
    programme_page,
    publish_programme,
    tier_views,
    who_moves,
)
from socialshop.memberships.service.reading import (
    Membership,
    TierView,
    changes_of,
    membership_of,
    tiers,
)
from socialshop.memberships.service.recognising import recognise_due
from socialshop.memberships.service.refunding import refund, refund_quote, retry_refunds
from socialshop.memberships.service.renewing import announce_due, end_due, expire_charges, renew_due, retry_due
from socialshop.memberships.service.sharing import (
    Family,
    Relative,
    SharedPlan,
    family_of,
    join_family,
    leave_family,
    make_family_link,
    shared_plan,
    unseat,
)
from socialshop.memberships.service.subscribing import begin_trial, buy, cancel, had_trial, resume
from socialshop.memberships.service.subscriptions import (
    Due,
    Following,
    PlanRefund,
    Subscription,
    TermView,
    subscription_of,
    subscription_page,
    subscriptions_of,
)
from socialshop.memberships.service.upgrading import UpgradeQuote, upgrade, upgrades_of
from socialshop.memberships.service.using import BenefitUse, note_uses
from socialshop.memberships.store.growth import GrowthRow
from socialshop.memberships.store.months import PartnerRow, StockRow, VoucherRow
from socialshop.memberships.store.personal import PERSONAL
from socialshop.memberships.store.programmes import MoveRow
from socialshop.memberships.store.reading import ChangeRow, UseRow
from socialshop.memberships.store.standings import HELD, TIER_OF
from socialshop.memberships.terms import RefundQuote

__all__ = [
    "HELD",
    "PERSONAL",
    "TIER_OF",
    "Activity",
    "BenefitUse",
    "Benefits",
    "ChangeRow",
    "DowngradeQuote",
    "Due",
    "Family",
    "Following",
    "Gift",
    "GrowthRow",
    "Membership",
    "MoveRow",
    "OfferView",
    "PartnerRow",
    "Payers",
    "PlanRefund",
    "ProgrammeView",
    "RefundQuote",
    "Relative",
    "SharedPlan",
    "StockRow",
    "Subscription",
    "TermView",
    "TierView",
    "UpgradeQuote",
    "UseRow",
    "VoucherRow",
    "add_activity",
    "announce_due",
    "begin_months",
    "begin_trial",
    "benefits_in",
    "benefits_of",
    "buy",
    "cancel",
    "changes_of",
    "come_early",
    "downgrade",
    "downgrades_of",
    "draft_offer",
    "draft_programme",
    "end_due",
    "evaluate_due",
    "expire_charges",
    "family_of",
    "first_tier",
    "gift_of",
    "gifts_of",
    "give",
    "growth_of",
    "had_trial",
    "head_start_of",
    "join_family",
    "keep_plan",
    "leave_family",
    "load_vouchers",
    "make_family_link",
    "make_gift_link",
    "membership_of",
    "month_of",
    "note_uses",
    "offer_of",
    "offer_page",
    "offers_on_sale",
    "on_charge_authorized",
    "on_charge_captured",
    "on_charge_failed",
    "on_charge_refund_failed",
    "on_charge_refunded",
    "on_order_refunded",
    "on_orders_confirmed",
    "on_plan_month_began",
    "partners_named",
    "programme_in_force",
    "programme_of",
    "programme_page",
    "publish_offer",
    "publish_programme",
    "recognise_due",
    "redeem",
    "refund",
    "refund_quote",
    "renew_due",
    "require_tier",
    "resume",
    "retry_due",
    "retry_refunds",
    "return_gift",
    "shared_plan",
    "subscription_of",
    "subscription_page",
    "subscriptions_of",
    "take_tier_voucher",
    "take_voucher",
    "tier_views",
    "tiers",
    "tiers_at",
    "unseat",
    "upgrade",
    "upgrades_of",
    "voucher_stock",
    "vouchers_of",
    "who_moves",
    "who_pays",
]
