"""`socialshop jobs`: what was given up or set aside and waits for a person, and the way back for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from socialshop.cli.shop import data_dir_option, finish_jobs, open_shop

if TYPE_CHECKING:
    from flask import Flask

    from socialshop.infra.uow import UnitOfWork

Row = dict[str, object]


@click.group()
def jobs() -> None:
    """Look at what was given up or set aside, and put it back.

    A delivery (a number) is given up when its handler failed in every attempt; an accrual (acr_…) is set aside when
    the books refuse to settle it.
    """


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
@data_dir_option
def list_(as_json: bool) -> None:
    """Everything that waits for a person, each with its reason, oldest first."""
    from socialshop.infra.uow import in_unit_of_work

    with open_shop(existing=True):
        rows = in_unit_of_work(_waiting)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['id']}  {row['what']}  since {row['since']}: {row['reason']}")
    if not rows:
        click.echo("nothing was given up or set aside")


@jobs.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that `jobs list` shows.")
@data_dir_option
def retry(ids: Sequence[str], everything: bool) -> None:
    """Put back what was given up or set aside, by its ids or --all, and do it now.

    Exit 1 if any of it is refused again: `jobs list` says why. An effect that did happen is not repeated.
    """
    from socialshop.infra.uow import in_unit_of_work

    if everything == bool(ids):
        raise click.UsageError("name what to put back, or say --all", click.get_current_context())
    with open_shop() as app:
        known = {str(row["id"]) for row in in_unit_of_work(_waiting)}
        wanted = known if everything else set(ids)
        _refuse_unknown(wanted - known)
        _put_back(app, wanted)
        again = wanted & {str(row["id"]) for row in in_unit_of_work(_waiting)}
    click.echo(f"{len(wanted)} put back, {len(wanted) - len(again)} done")
    if again:
        from socialshop.cli import Stopped

        raise Stopped(f"refused again: {', '.join(sorted(again))} (`socialshop jobs list` says why)")


def _waiting(uow: UnitOfWork) -> list[Row]:
    from socialshop.commissions import service as commissions
    from socialshop.infra import deliveries
    from socialshop.kernel.ids import to_public
    from socialshop.kernel.money import Money
    from socialshop.kernel.time import to_text

    given_up: list[Row] = [
        {
            "id": str(found.id),
            "what": f"{found.handler} of {found.event}",
            "since": to_text(found.occurred_at),
            "reason": found.error,
        }
        for found in deliveries.given_up(uow)
    ]
    set_aside: list[Row] = [
        {
            "id": to_public("acr", found.accrual_id),
            "what": f"settlement of {Money(found.amount_minor, found.currency)}",
            "since": to_text(found.set_aside_at),
            "reason": found.because,
        }
        for found in commissions.set_aside_accruals(uow)
    ]
    return given_up + set_aside


def _refuse_unknown(ids: set[str]) -> None:
    from socialshop.kernel.errors import NotFound

    if ids:
        raise NotFound(f"neither given up nor set aside: {', '.join(sorted(ids))}")


def _put_back(app: Flask, ids: set[str]) -> None:
    """In one transaction, in the audit record, and worked off."""
    from socialshop.audit import service as audit
    from socialshop.commissions import service as commissions
    from socialshop.infra import deliveries
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.kernel.ids import from_public

    numbers = [int(each) for each in ids if each.isdecimal()]
    accruals = [from_public("acr", each) for each in ids if not each.isdecimal()]

    def put_back(uow: UnitOfWork) -> None:
        deliveries.put_back(uow, numbers)
        commissions.put_back(uow, accruals)
        deeds = [audit.Deed(None, "delivery.put_back", f"delivery:{number}", {}) for number in sorted(numbers)]
        audit.record_all(uow, deeds)
        commissions.begin_settlement(uow, uow.now)

    in_unit_of_work(put_back)
    finish_jobs(app)
