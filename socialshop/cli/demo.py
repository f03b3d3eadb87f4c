"""`socialshop demo`: a small believable shop to look at, filled through the doors that real data takes."""

from __future__ import annotations

import contextlib
import json
import tempfile
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from socialshop.cli import demo_after, demo_habits, demo_offers, demo_rooms, demo_ways, demo_world
from socialshop.cli.demo_provider import provider
from socialshop.cli.progress import progress
from socialshop.cli.shop import data_dir_option, finish_jobs, open_shop
from socialshop.kernel.errors import DomainError, Kind
from socialshop.kernel.roles import Role

if TYPE_CHECKING:
    from flask import Flask

    from socialshop.infra.settings import Settings
    from socialshop.infra.uow import UnitOfWork
    from socialshop.payments.gateway import Gateways

_SEED = 20_261
_PASSWORD = "socialshop-demo"  # noqa: S105 - printed for everybody; production refuses demo data


class DemoRefused(DomainError):
    """Demo data has no place here: the shop has members already, or is a production shop."""

    code = "demo_refused"
    kind = Kind.CONFLICT


class _Login(NamedTuple):
    """Somebody to sign in as, and what to look at; `external_id` where generated members and orders name it."""

    role: Role
    display_name: str
    sights: str
    external_id: str | None = None
    mailbox: str | None = None

    @property
    def email(self) -> str:
        return f"{self.mailbox or self.role.value}@example.com"


_LOGINS = (
    _Login(
        Role.ADMIN,
        "Ada Admin",
        "/admin: payouts to review, a campaign with results, a note and a report that wait, a question soon due;"
        " approving asks for what `socialshop member code --email admin@example.com` prints",
    ),
    # Who approves a payout does not release it.
    _Login(
        Role.ADMIN,
        "Ben Admin",
        "/admin/batches: make and release the batch of what the other admin has approved",
        mailbox="admin2",
    ),
    _Login(Role.FINANCE, "Fei Finance", "/admin/proof: the books prove themselves; /admin/record: who did what"),
    _Login(
        Role.LEADER,
        "团长 林小满",
        "/lead: rooms that fill, a ladder of prices, a storefront, a circle; /earnings: why each cent; /plan: a trial",
        demo_world.LEADER,
    ),
    _Login(
        Role.MEMBER,
        "陈思远",
        "/me: a card that is paid for, points soon to expire, coupons, missions; /bargains; /notes; /me/posts",
        demo_world.MEMBER,
    ),
)


@click.command()
@data_dir_option
def demo() -> None:
    """Fill an empty shop with generated members, orders and rooms, and print the demo logins.

    Some 200 members in a tree below a leader, a published plan with two levels, 600 orders over four months, goods and
    deals, rooms filled and near filling, commissions in every state, payouts that wait for somebody; tiers, a paid
    card and one on trial, points, coupons, missions, a survey, a campaign, reviews, notes, questions, a report.
    """
    with open_shop() as app:
        logins = fill_and_follow(app)
        if not logins:
            raise DemoRefused("the shop has members already, or is in production; demo data would mix with real data")
        finish_jobs(app)
    click.echo("\n".join(logins))


def fill_and_follow(app: Flask) -> list[str]:
    """Fill the shop if it has no member, and do in this process what follows; returns as `fill_if_empty` does."""
    from socialshop.identity.errors import WrongCredentials
    from socialshop.infra import wired

    with provider(app):
        logins = fill_if_empty(app)
        if logins and not demo_after.is_done():
            # Somebody has changed a demo login: the shop is theirs now.
            with contextlib.suppress(WrongCredentials):
                demo_after.follow(app, *_people(), wired.settings().currency)
    return logins


def _people() -> tuple[demo_after.Staff, list[demo_after.Earner]]:
    """Who acts after the sales, each as signed in."""
    from socialshop.identity import service as identity
    from socialshop.infra.uow import unit_of_work

    with unit_of_work() as uow:
        ids = {login: identity.check_password(uow, login.email, _PASSWORD) for login in _LOGINS}
    reviewer, releaser = (id_ for login, id_ in ids.items() if login.role is Role.ADMIN)
    earners = [
        demo_after.Earner(login.external_id, login.display_name, id_)
        for login, id_ in ids.items()
        if login.external_id is not None
    ]
    return demo_after.Staff(reviewer, releaser), earners


def fill_if_empty(app: Flask) -> list[str]:
    """Fill the shop if it has no member; returns the demo logins, or nothing where there is no demo.

    Each is a line, and below it another with what to look at.

    One transaction: killed in the middle, the shop is empty and the next call fills it.
    """
    from socialshop.infra import wired
    from socialshop.infra.uow import unit_of_work

    settings = wired.settings()
    if settings.environment == "production":
        return []
    with tempfile.TemporaryDirectory() as folder, unit_of_work() as uow:
        if not _fill(uow, settings, Path(folder), app.extensions["socialshop_payment_gateways"]):
            return []
    return [f"{login.email}  {_PASSWORD}  ({login.role.value})\n    {login.sights}" for login in _LOGINS]


def _fill(uow: UnitOfWork, settings: Settings, folder: Path, gateways: Gateways) -> bool:
    """Fill an empty shop; True if it is a demo shop, just filled or from before."""
    from socialshop.identity import service as identity
    from socialshop.infra.uow import advisory_lock

    advisory_lock(uow, "demo")
    if not identity.is_empty(uow):
        return identity.whose_email(uow, _LOGINS[0].email) is not None
    start = (uow.now - timedelta(days=demo_world.DAYS)).replace(microsecond=0)
    with progress("demo data") as shown:
        shown.left(4)
        ids = _add_logins(replace(uow, now=start))
        demo_offers.publish_point_rules(replace(uow, now=start), ids[Role.ADMIN])
        shown.left(3)
        _import(uow, demo_world.generate(start, settings.currency, _SEED), settings, start, folder)
        shown.left(2)
        units = demo_rooms.furnish(uow, ids[Role.ADMIN], ids[Role.LEADER], settings.currency, gateways)
        demo_ways.open_all(uow, ids[Role.ADMIN], ids[Role.LEADER], units, currency=settings.currency, gateways=gateways)
        shown.left(1)
        offered = demo_offers.publish(uow, ids[Role.ADMIN], settings.currency)
        demo_habits.begin(uow, ids[Role.ADMIN], offered, gateways)
        shown.left(0)
    return True


def _add_logins(uow: UnitOfWork) -> dict[Role, uuid.UUID]:
    """The logins, as if they had joined at the beginning; returns the ids, of each role the last one's."""
    from socialshop.identity import service as identity
    from socialshop.onboarding import service as onboarding
    from socialshop.signins import service as signins

    ids = {}
    for login in _LOGINS:
        terms = identity.TERMS_VERSION
        person = identity.NewMember(login.email, _PASSWORD, login.display_name, login.role, terms_version=terms)
        card = onboarding.create(uow, person)
        if login.role is Role.ADMIN:
            signins.give_totp(uow, card.member_id)
        if login.external_id is not None:
            identity.name_member(uow, card.member_id, login.external_id)
        ids[login.role] = card.member_id
    return ids


def _import(uow: UnitOfWork, world: demo_world.DemoWorld, settings: Settings, start: datetime, folder: Path) -> None:
    from socialshop.commissions.plan import read_plan
    from socialshop.commissions.service import publish_plan
    from socialshop.infra.rejects import Rejected
    from socialshop.onboarding.service import import_members
    from socialshop.orders.service import import_orders

    def refuse(rejected: Rejected) -> None:
        raise AssertionError(f"the demo's own data is at fault: {rejected}")

    def silent(_phase: str, _done: int, _total: int) -> None:
        return

    members = demo_world.write(world.members, folder / "members.csv")
    import_members(uow, members, reject=refuse, progress=silent)
    plan = {
        "name": "两级与团主 / Two levels and the host",
        "currency": settings.currency,
        "hold_days": 7,
        "legs": [
            {"kind": "sale", "level": 1, "rate_bps": 800},
            {"kind": "sale", "level": 2, "rate_bps": 300},
            {"kind": "host", "rate_bps": 200},
        ],
    }
    publish_plan(uow, read_plan(json.dumps(plan).encode()), country=settings.country, effective_at=start)
    import_orders(uow, demo_world.write(world.orders, folder / "orders.csv"), reject=refuse, progress=silent)


def hints(address: str) -> list[str]:
    """Three lines to try on a demo shop that runs at this address: what is on sale, sign in, what waits for review."""
    api, token = f"{address}/api/v1", "import json, sys; print(json.load(sys.stdin)['token'])"
    credentials = json.dumps({"email": _LOGINS[0].email, "password": _PASSWORD})
    sign_in = f"curl -s {api}/sessions -H 'Content-Type: application/json' -d '{credentials}'"
    return [
        f"curl -s {api}/deals",
        f'TOKEN="$({sign_in} | python3 -c "{token}")"',
        f'curl -s {api}/admin/payout-requests -H "Authorization: Bearer $TOKEN"',
    ]
