"""`socialshop reconcile`: a day of the payment providers' own records, held against the books."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from socialshop.cli.shop import data_dir_option, finish_jobs, open_shop

if TYPE_CHECKING:
    from socialshop.infra.uow import UnitOfWork
    from socialshop.payments.service import CaseRow, DayRow


@click.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day (UTC); by default yesterday.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
@data_dir_option
def reconcile(day: datetime | None, as_json: bool) -> None:
    """Hold a day of the payment providers' own records against the books; exit 1 if anything differs.

    What a lost notice left out is made up for first, so that only what stays different is said.
    """
    from socialshop.cli import Stopped
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.payments.gateway import gateways

    wanted = day.date() if day else datetime.now(UTC).date() - timedelta(days=1)
    with open_shop() as app:
        if not gateways():
            raise Stopped("no payment provider is set up here")
        _compare(wanted)
        finish_jobs(app)
        in_unit_of_work(_heal)
        days, cases = in_unit_of_work(partial(_found, wanted))
    click.echo(_in_json(days, cases) if as_json else _in_words(days, cases))
    if cases or any(row.done_at is None for row in days):
        raise click.exceptions.Exit(1)


def _compare(day: date) -> None:
    """Read and compare, as the schedule's job does, in this process and at once."""
    from socialshop.infra.outbox import payload_of
    from socialshop.infra.outside import answer_to
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.payments import service as payments
    from socialshop.payments.gateway import gateways

    calls = payments.records(gateways())
    due = in_unit_of_work(lambda uow: payments.ask_reconciliation(uow, gateways(), day))
    spans = in_unit_of_work(lambda uow: calls.claim(uow, [payload_of(each) for each in due]))
    answered = [(span, answer_to(calls.call, span)) for span in spans if span is not None]
    in_unit_of_work(lambda uow: calls.record(uow, answered))


def _heal(uow: UnitOfWork) -> None:
    from socialshop.payments import service as payments
    from socialshop.payments.gateway import gateways

    for provider in gateways():
        payments.heal_cases(uow, provider)


def _found(day: date, uow: UnitOfWork) -> tuple[Sequence[DayRow], Sequence[CaseRow]]:
    from socialshop.payments import service as payments

    return payments.reconciliation_of(uow, day)


def _in_json(days: Sequence[DayRow], cases: Sequence[CaseRow]) -> str:
    said = [
        {
            "provider": row.provider,
            "day": row.day.isoformat(),
            "compared": row.compared,
            "done": row.done_at is not None,
            "error": row.last_error,
            "differences": [
                {
                    "kind": case.kind,
                    "about": case.about,
                    "item": case.item,
                    "theirs_minor": case.theirs_minor,
                    "ours_minor": case.ours_minor,
                    "currency": case.currency,
                }
                for case in cases
                if case.provider == row.provider
            ],
        }
        for row in days
    ]
    return json.dumps(said, ensure_ascii=False)


def _in_words(days: Sequence[DayRow], cases: Sequence[CaseRow]) -> str:
    lines = []
    for row in days:
        theirs = [case for case in cases if case.provider == row.provider]
        if row.done_at is None:
            lines.append(f"{row.provider} {row.day}: not compared, {row.last_error}.")
        else:
            lines.append(f"{row.provider} {row.day}: {row.compared} compared, {len(theirs)} differ.")
        lines += [
            f"  {case.kind} {case.about} {case.item}: provider {case.theirs_minor}, books {case.ours_minor}"
            f" {case.currency}"
            for case in theirs
        ]
    return "\n".join(lines)
