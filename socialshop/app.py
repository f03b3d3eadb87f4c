"""The composition root: settings in, a wired application out. Nothing else knows every room."""

from __future__ import annotations

from flask import Flask

from socialshop.audit import service as audit
from socialshop.books import admin_routes as books_admin_routes
from socialshop.commissions import admin_routes as commissions_admin_routes
from socialshop.commissions import routes as commissions_routes
from socialshop.commissions import service as commissions
from socialshop.community import admin_routes as community_admin_routes
from socialshop.community import routes as community_routes
from socialshop.community import service as community
from socialshop.deals import admin_routes as deals_admin_routes
from socialshop.deals import routes as deals_routes
from socialshop.deals import session_routes, stock_admin_routes
from socialshop.identity import routes as identity_routes
from socialshop.identity import service as identity
from socialshop.identity.service import SignedIn
from socialshop.infra import db, deliveries, redis, spool, wired
from socialshop.infra.clock import Clock, SystemClock
from socialshop.infra.settings import Settings, current
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.invites import routes as invites_routes
from socialshop.invites.gateway import Subjects
from socialshop.invites.rules import Kind as LinkKind
from socialshop.invites.subjects import deal_subject, product_subject, session_subject, storefront_subject
from socialshop.ledger import admin_routes as ledger_admin_routes
from socialshop.ledger import routes as ledger_routes
from socialshop.ledger import service as ledger
from socialshop.loyalty import admin_routes as loyalty_admin_routes
from socialshop.loyalty import campaign_admin_routes, campaign_routes
from socialshop.loyalty import routes as loyalty_routes
from socialshop.memberships import admin_routes as memberships_admin_routes
from socialshop.memberships.routes import given as plan_gift_routes
from socialshop.memberships.routes import plans as plan_routes
from socialshop.memberships.routes import tiers as memberships_routes
from socialshop.notifications import admin_routes as notifications_admin_routes
from socialshop.notifications import routes as notifications_routes
from socialshop.notifications import service as notifications
from socialshop.notifications.gateway import HttpsCourier, SmtpPostman
from socialshop.notifications.letters import Sender
from socialshop.notifications.rules import QuietHours
from socialshop.notifications.service import PostOffice
from socialshop.onboarding import admin_routes as onboarding_admin_routes
from socialshop.onboarding import routes as onboarding_routes
from socialshop.orders import admin_routes as orders_admin_routes
from socialshop.orders import routes as orders_routes
from socialshop.pages import assets, site
from socialshop.pages.shopper.landing import LandingPages
from socialshop.payments import routes as payments_routes
from socialshop.payments import service as payments
from socialshop.payments.gateway import Gateways, PaymentGateway, SandboxGateway
from socialshop.payouts import admin_routes as payouts_admin_routes
from socialshop.payouts import case_admin_routes as payouts_case_admin_routes
from socialshop.payouts import deduction_admin_routes as payouts_deduction_admin_routes
from socialshop.payouts import routes as payouts_routes
from socialshop.payouts import service as payouts
from socialshop.payouts.gateway import SandboxPayees
from socialshop.payouts.transfers import SandboxTransfers, TransferGateways
from socialshop.privacy import admin_routes as privacy_admin_routes
from socialshop.privacy import routes as privacy_routes
from socialshop.privacy import service as privacy
from socialshop.publishers import admin_routes as publishers_admin_routes
from socialshop.publishers import routes as publishers_routes
from socialshop.recommendations import routes as recommendations_routes
from socialshop.referrals import admin_routes as referrals_admin_routes
from socialshop.referrals import routes as referrals_routes
from socialshop.risk import admin_routes as risk_admin_routes
from socialshop.rooms import admin_routes as rooms_admin
from socialshop.rooms import bargain_routes
from socialshop.rooms import routes as rooms_routes
from socialshop.rooms import service as rooms
from socialshop.rooms import session_routes as session_results_routes
from socialshop.signins import admin_routes as signins_admin_routes
from socialshop.signins import routes as signins_routes
from socialshop.signins.gateway import SandboxTexter
from socialshop.web import (
    auth,
    bodies,
    health,
    limits,
    looks,
    metrics,
    operations,
    paths,
    problems,
    reference,
    requests,
)
from socialshop.web.metrics import Gauge

ROOMS = (
    onboarding_routes.room,
    onboarding_admin_routes.room,
    identity_routes.room,
    signins_routes.room,
    signins_admin_routes.room,
    notifications_routes.room,
    notifications_admin_routes.room,
    ledger_routes.room,
    ledger_admin_routes.room,
    deals_routes.room,
    deals_admin_routes.room,
    session_routes.room,
    stock_admin_routes.room,
    loyalty_routes.room,
    loyalty_routes.coupon_room,
    loyalty_admin_routes.room,
    loyalty_admin_routes.coupon_room,
    campaign_routes.room,
    campaign_admin_routes.room,
    orders_routes.room,
    orders_admin_routes.room,
    rooms_routes.room,
    rooms_admin.room,
    rooms_routes.orders_room,
    bargain_routes.room,
    session_results_routes.room,
    recommendations_routes.room,
    invites_routes.room,
    invites_routes.landing_room,
    referrals_routes.room,
    referrals_admin_routes.room,
    payments_routes.room,
    memberships_routes.room,
    plan_routes.room,
    plan_gift_routes.room,
    memberships_admin_routes.room,
    *community_routes.ROOMS,
    *community_admin_routes.ROOMS,
    commissions_routes.room,
    commissions_admin_routes.room,
    publishers_routes.room,
    publishers_routes.feed_room,
    publishers_admin_routes.room,
    payouts_routes.room,
    payouts_admin_routes.room,
    payouts_case_admin_routes.room,
    payouts_deduction_admin_routes.room,
    risk_admin_routes.room,
    books_admin_routes.room,
    privacy_routes.room,
    privacy_admin_routes.room,
    health.room,
    reference.room,
)

SHARE_SUBJECTS: Subjects = {
    LinkKind.DEAL: deal_subject,
    LinkKind.PRODUCT: product_subject,
    LinkKind.ROOM: rooms.share_subject,
    LinkKind.NOTE: community.note_subject,
    LinkKind.BARGAIN: rooms.bargain_subject,
    LinkKind.STOREFRONT: storefront_subject,
    LinkKind.SESSION: session_subject,
}


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """Wire one shop. `settings` must name its database and Redis (the console fills in the embedded servers')."""
    config = settings or current()
    if config.database_url is None or config.redis_url is None:
        raise ValueError("DATABASE_URL and REDIS_URL are not set; the console starts embedded servers and sets them")
    app = Flask("socialshop", static_folder=None)
    wired.attach(app, config, clock or SystemClock())
    db.attach(app, url=config.database_url.get_secret_value(), pool_size=config.database_pool)
    spool.attach(app, config.data_dir, config.database_url.get_secret_value())
    redis.attach(app, config.redis_url.get_secret_value())
    app.extensions["socialshop_payment_gateways"] = _payment_gateways(config)
    app.extensions["socialshop_post_office"] = _post_office(config)
    # A provider of text messages stands here once there is one; the sandbox never in production.
    app.extensions["socialshop_texter"] = None if config.environment == "production" else SandboxTexter()
    # Nor a provider that checks names: a person of the shop decides about each till then.
    app.extensions["socialshop_payee_gateway"] = None if config.environment == "production" else SandboxPayees()
    app.extensions["socialshop_transfer_gateways"] = _transfer_gateways(config)
    app.extensions["socialshop_courier"] = HttpsCourier(to_loopback=config.webhooks_to_loopback)
    app.extensions["socialshop_share_subjects"] = SHARE_SUBJECTS
    app.extensions["socialshop_landing_pages"] = LandingPages()
    _attach_web(app, config)
    return app


def _payment_gateways(config: Settings) -> Gateways:
    """The providers that are set up; the sandbox never in production."""
    found: dict[str, PaymentGateway] = {}
    if config.environment != "production" and config.sandbox_url is not None and config.sandbox_secret is not None:
        found["sandbox"] = SandboxGateway(config.sandbox_url, config.sandbox_secret.get_secret_value())
    if config.stripe_secret_key is not None and config.stripe_webhook_secret is not None:
        # Stripe's library takes a second to load, which only a shop that uses it pays for.
        from socialshop.payments.stripe.gateway import StripeGateway

        secrets = (config.stripe_secret_key, config.stripe_webhook_secret)
        found["stripe"] = StripeGateway(config.stripe_url, *(secret.get_secret_value() for secret in secrets))
    return found


def _transfer_gateways(config: Settings) -> TransferGateways:
    """Who pays released batches item by item, by channel; the sandbox never in production."""
    if config.environment == "production":
        return {}
    sandbox = SandboxTransfers(config.data_dir / "sandbox-payouts")
    return {channel: sandbox for channel in config.payout_sandbox_channels.split(",") if channel}


def _post_office(config: Settings) -> PostOffice:
    """How mails leave; without an SMTP server they stay."""
    url = config.smtp_url.get_secret_value() if config.smtp_url else None
    return PostOffice(
        postman=SmtpPostman(url) if url else None,
        sender=Sender(config.mail_from, config.public_address),
        attempts=config.mail_attempts,
        quiet=QuietHours(config.quiet_from, config.quiet_until, config.time_zone),
        digest_hour=config.digest_hour,
        connections=config.smtp_connections,
    )


def _attach_web(app: Flask, config: Settings) -> None:
    app.url_rule_class = paths.LateRule
    app.config["MAX_CONTENT_LENGTH"] = bodies.MAX_BODY_BYTES + 1
    # No cross-origin caller is known, so nobody asks for OPTIONS; a method that an operation lacks is 405 like any.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    requests.attach(app, config)
    problems.attach(app, config.public_address)
    auth.attach(app, _authenticate)
    looks.attach(app, privacy.note_look)
    health.attach(app)
    metrics.attach(app, _count_waiting)
    site.attach(app, config)
    sandbox = () if config.environment == "production" else (payments_routes.sandbox_room,)
    operations.attach(app, (*ROOMS, *sandbox))
    limits.attach(
        app, config, pages={name: row.limit for name, row in site.table_of(app).items()}, unlimited=[assets.ENDPOINT]
    )


def _authenticate(token: str, uow: UnitOfWork | None) -> SignedIn | None:
    if uow is not None:
        return identity.authenticate(uow, token)
    return in_unit_of_work(lambda own: identity.authenticate(own, token))


def _count_waiting(uow: UnitOfWork) -> list[Gauge]:
    owed = deliveries.backlog(uow, handlers=None)
    return [
        Gauge("outbox_unrelayed_events", "Facts not yet fanned out to their handlers", owed.unrelayed),
        Gauge("outbox_pending_deliveries", "Duties of handlers not yet done", owed.pending),
        Gauge("outbox_dead_deliveries", "Duties given up after too many attempts: a person must look", owed.dead),
        Gauge("payment_calls_unknown", "Payment calls without a known outcome", payments.count_unknown(uow)),
        Gauge("payouts_overdue", "Payout requests that nobody looked at in time", payouts.count_overdue(uow)),
        Gauge("reconciliation_cases_open", "Differences to a payment provider", payments.count_open_cases(uow)),
        Gauge("payouts_unknown", "Payouts without a known outcome", payouts.count_unknown_transfers(uow)),
        Gauge(
            "accruals_set_aside",
            "Accruals that the books refused to settle: a person must look",
            commissions.count_set_aside(uow),
        ),
        Gauge("mails_stuck", "Mails kept or set aside: a person must look", notifications.count_stuck_mails(uow)),
        Gauge("ledger_unsealed_entries", "Journal entries in no block yet", ledger.count_unsealed(uow)),
        Gauge("audit_unsealed_entries", "Entries of the audit record in no block yet", audit.count_unsealed(uow)),
    ]
