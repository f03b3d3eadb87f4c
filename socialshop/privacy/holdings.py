"""The one table of all that the shop holds of a person, in the order in which it is read out and erased.

A room's new table with a column that names a person belongs into its room's `PERSONAL`, or here among the exempt with
its reason: a test walks the schema and fails for one that stands in neither.
"""

from __future__ import annotations

from socialshop.audit.service import PERSONAL as AUDIT
from socialshop.commissions.service import PERSONAL as COMMISSIONS
from socialshop.community.service import PERSONAL as COMMUNITY
from socialshop.deals.service import PERSONAL as DEALS
from socialshop.identity.service import PERSONAL as IDENTITY
from socialshop.infra.personal import Holding
from socialshop.invites.service import PERSONAL as INVITES
from socialshop.ledger.service import PERSONAL as LEDGER
from socialshop.loyalty.service import PERSONAL as LOYALTY
from socialshop.memberships.service import PERSONAL as MEMBERSHIPS
from socialshop.notifications.service import PERSONAL as NOTIFICATIONS
from socialshop.onboarding.service import PERSONAL as ONBOARDING
from socialshop.orders.service import PERSONAL as ORDERS
from socialshop.payments.service import PERSONAL as PAYMENTS
from socialshop.payouts.service import PERSONAL as PAYOUTS
from socialshop.privacy.store.personal import PERSONAL as PRIVACY
from socialshop.publishers.service import PERSONAL as PUBLISHERS
from socialshop.recommendations.service import PERSONAL as RECOMMENDATIONS
from socialshop.referrals.service import PERSONAL as REFERRALS
from socialshop.risk.service import PERSONAL as RISK
from socialshop.rooms.service import PERSONAL as ROOMS
from socialshop.screening.service import PERSONAL as SCREENING
from socialshop.signins.service import PERSONAL as SIGNINS

HOLDINGS: tuple[Holding, ...] = (
    *IDENTITY,
    *SIGNINS,
    *REFERRALS,
    *ONBOARDING,
    *INVITES,
    *ORDERS,
    *PAYMENTS,
    *ROOMS,
    *COMMISSIONS,
    *LEDGER,
    *PUBLISHERS,
    *PAYOUTS,
    *MEMBERSHIPS,
    *LOYALTY,
    *COMMUNITY,
    *NOTIFICATIONS,
    *DEALS,
    *RECOMMENDATIONS,
    *SCREENING,
    *RISK,
    *AUDIT,
    *PRIVACY,
)

EXEMPT: dict[str, str] = {
    "audit_entries.facts": "ids, figures and the shop's words; docs/audit.md: never a secret, never a name",
    "audit_entries.target": "a public id",
    "commission_plans.name": "of a plan",
    "commission_plan_drafts.name": "of a plan",
    "deals.late_payer": "what becomes of whoever pays late",
    "late_payments.reason": "of the shop: why money that came too late went back",
    "ledger_balances.account_id": "an account of the books",
    "ledger_postings.account_id": "an account of the books",
    "order_price_lines.facts": "titles of coupons and gifts: the shop's words",
    "order_rebates.facts": "sizes of groups and rates",
    "outbox_events.name": "of a kind of fact",
    "payment_calls.reason": "of the shop: why a payment is released",
    "rooms.cancel_reason": "of the shop: why it cancelled a room",
    "subtree_crossings.member_number": "a place by number; the counts are of others, and told to admins alone",
    "team_figures.member_number": "a place by number; the counts are of others, and too few are told to nobody",
    "team_figures.members": "a count",
    "team_figures.sponsor": "as the place says",
    "rewards.per_member": "a limit",
    "tier_programmes.name": "of a programme",
    "reward_stock_moves.reason": "why a stock changed",
    "reward_stock_moves.note": "of the shop",
    "stock_moves.reason": "why a stock changed",
    "stock_moves.note": "of the shop: a delivery note, what a stocktake found",
    "payment_dispute_notes.noted_by": "somebody of the shop, as the audit record has it too",
    "payment_notices.ref": "the provider's number of a payment",
    "provider_movements.payment_ref": "the provider's number of a payment",
    "provider_movements.ref": "the provider's number of a movement of money",
    "reconciliation_cases.about": "a kind of movement",
    "reconciliation_cases.decided_by": "somebody of the shop, as the audit record has it too",
    "reconciliation_cases.reason": "of the shop: what a difference to a provider was",
}
