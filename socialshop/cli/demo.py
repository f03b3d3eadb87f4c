"""`socialshop demo`: a small generated shop to look at, filled through the doors that real data takes."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from socialshop.cli import demo_world
from socialshop.cli.shop import data_dir_option, finish_jobs, open_shop
from socialshop.kernel.errors import DomainError, Kind
from socialshop.kernel.roles import Role

if TYPE_CHECKING:
    from flask import Flask

    from socialshop.infra.settings import Settings
    from socialshop.infra.uow import UnitOfWork

_SEED = 20_261
_PASSWORD = "socialshop-demo"  # noqa: S105 - printed for everybody; production refuses demo data


class DemoRefused(DomainError):
    """Demo data has no place here: the shop has members already, or is a production shop."""

    code = "demo_refused"
    kind = Kind.CONFLICT


class _Login(NamedTuple):
    """Somebody to sign in as; `external_id` where the generated members and orders speak of it."""

    role: Role
    display_name: str
    external_id: str | None = None

    @property
    def email(self) -> str:
        return f"{self.role.value}@example.com"


_LOGINS = (
    _Login(Role.ADMIN, "Ada Admin"),
    _Login(Role.FINANCE, "Fei Finance"),
    _Login(Role.LEADER, "团长 林小满", demo_world.LEADER),
    _Login(Role.MEMBER, "陈思远", demo_world.MEMBER),
)


@click.command()
@data_dir_option
def demo() -> None:
    """Fill an empty shop with generated members and orders, and print the demo logins.

    Some 200 members in a tree below a leader, a published plan with two levels, and 600 orders over four months.
    """
    with open_shop() as app:
        logins = fill_if_empty(app)
        if not logins:
            raise DemoRefused("the shop has members already, or is in production; demo data would mix with real data")
        finish_jobs(app)
    click.echo("\n".join(logins))


def fill_if_empty(app: Flask) -> list[str]:
    """Fill the shop if it has no member; returns the demo logins, a line each, or nothing where there is no demo.

    One transaction: killed in the middle, the shop is empty and the next call fills it.
    """
    from socialshop.infra.uow import unit_of_work

    settings: Settings = app.extensions["socialshop_settings"]
    if settings.environment == "production":
        return []
    with tempfile.TemporaryDirectory() as folder, unit_of_work(app.extensions["socialshop_clock"]) as uow:
        if not _fill(uow, settings, Path(folder)):
            return []
    return [f"{login.email}  {_PASSWORD}  ({login.role.value})" for login in _LOGINS]


def _fill(uow: UnitOfWork, settings: Settings, folder: Path) -> bool:
    """Fill an empty shop; True if it is a demo shop, just filled or from before."""
    from socialshop.identity import service as identity
    from socialshop.infra.uow import advisory_lock

    advisory_lock(uow, "demo")
    if not identity.is_empty(uow):
        return identity.has_email(uow, _LOGINS[0].email)
    start = (uow.now - timedelta(days=demo_world.DAYS)).replace(microsecond=0)
    _add_logins(replace(uow, now=start), settings)
    _import(uow, demo_world.generate(start, settings.currency, _SEED), settings, start, folder)
    return True


def _add_logins(uow: UnitOfWork, settings: Settings) -> None:
    """The four logins, as if they had joined at the beginning."""
    from socialshop.identity import service as identity
    from socialshop.onboarding import service as onboarding

    for login in _LOGINS:
        zone = settings.time_zone
        person = identity.NewMember(login.email, _PASSWORD, login.display_name, login.role, time_zone=zone)
        card = onboarding.create(uow, person)
        if login.external_id is not None:
            identity.name_member(uow, card.member_id, login.external_id)


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
        "name": "two levels and the host",
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
