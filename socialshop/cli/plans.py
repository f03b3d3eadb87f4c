"""`socialshop plan`: commission plans from the console."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

import click

from socialshop.cli.instants import INSTANT
from socialshop.cli.shop import data_dir_option, open_shop

if TYPE_CHECKING:
    from socialshop.commissions.findings import Finding
    from socialshop.commissions.service import PublishedVersion


@click.group()
def plan() -> None:
    """Commission plans."""


@plan.command()
@click.argument("file", type=click.File("rb"))
@click.option("--effective-at", type=INSTANT, help="From when it is in force; default: now, after every order.")
@click.option("--sign-off", metavar="NAME", help="Who answers for a plan that the legal guard warns of.")
@click.option("--json", "as_json", is_flag=True, help="Print the version as JSON.")
@data_dir_option
def publish(file: BinaryIO, effective_at: datetime | None, sign_off: str | None, as_json: bool) -> None:
    """Publish the plan in FILE (JSON) as a new version, immutable from then on."""
    from socialshop.commissions.errors import PlanRefused
    from socialshop.commissions.guard import SignOff
    from socialshop.commissions.plan import MAX_BYTES, read_plan
    from socialshop.commissions.service import publish_plan
    from socialshop.infra import wired
    from socialshop.infra.uow import in_unit_of_work

    document = read_plan(file.read(MAX_BYTES + 1))
    signature = None if sign_off is None else SignOff(sign_off)
    with open_shop():
        country = wired.settings().country
        try:
            published = in_unit_of_work(
                lambda uow: publish_plan(uow, document, country=country, effective_at=effective_at, sign_off=signature)
            )
        except PlanRefused as refused:
            _say_findings(refused.findings)
            raise
    _say_findings(published.findings)
    click.echo(json.dumps(_as_json(published)) if as_json else _in_words(document.name, published))


def _say_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(f"{finding.severity}: {finding.message}", err=True)


def _as_json(published: PublishedVersion) -> dict[str, object]:
    from socialshop.kernel.ids import to_public
    from socialshop.kernel.time import to_text

    return {
        "id": to_public("plv", published.id),
        "plan_id": to_public("plan", published.plan_id),
        "number": published.number,
        "currency": published.currency,
        "effective_at": to_text(published.effective_at),
        "document_hash": published.document_hash.hex(),
        "findings": [asdict(finding) for finding in published.findings],
    }


def _in_words(name: str, published: PublishedVersion) -> str:
    from socialshop.kernel.time import to_text

    effective_at = to_text(published.effective_at)
    return f"version {published.number} of {name!r} is in force for {published.currency} from {effective_at}"
