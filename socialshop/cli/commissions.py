"""`socialshop settle` and `socialshop replay`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from socialshop.cli.instants import INSTANT
from socialshop.cli.shop import data_dir_option, finish_jobs, open_shop


@click.command()
@click.option("--as-of", type=INSTANT, help="Settle what matures up to here, also in the future; default: now.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@data_dir_option
def settle(as_of: datetime | None, as_json: bool) -> None:
    """Settle what has matured into the wallets (the schedule does so every minute by itself)."""
    from socialshop.commissions import service
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.kernel.money import Money
    from socialshop.kernel.time import to_text

    with open_shop() as app:
        # What was confirmed and has not accrued yet may have matured too.
        finish_jobs(app)
        asked_at = datetime.now(UTC)
        until = as_of or asked_at
        in_unit_of_work(lambda uow: service.begin_settlement(uow, until))
        finish_jobs(app)
        totals = in_unit_of_work(lambda uow: service.settled_since(uow, asked_at))
    count = sum(total.accruals for total in totals)
    if as_json:
        found = {"as_of": to_text(until), "settled": count, "totals": [total._asdict() for total in totals]}
        click.echo(json.dumps(found))
        return
    sums = ", ".join(str(Money(total.amount_minor, total.currency)) for total in totals)
    click.echo(f"settled {count} accruals{f': {sums}' if sums else ''}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@data_dir_option
def replay(as_json: bool) -> None:
    """Recompute every accrual from its snapshot: the statement's hash, or the first difference and exit 1."""
    from dataclasses import asdict

    from socialshop.commissions import service
    from socialshop.infra.uow import unit_of_work

    with open_shop(existing=True), unit_of_work(isolation="REPEATABLE READ") as uow:
        found = service.replay(uow)
    if as_json:
        click.echo(json.dumps(asdict(found)))
    elif found.difference is not None:
        click.echo(f"DIFFERENT {found.difference}")
    else:
        click.echo(
            f"statement {found.statement_hash}\n"
            f"{found.lines} lines, {found.accruals} accruals and {found.skips} skips recomputed, all equal"
        )
    if found.difference is not None:
        raise SystemExit(1)
