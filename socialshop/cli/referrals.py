"""`socialshop referrals`: look at a member's place in the sponsor tree, and correct a sponsor."""

from __future__ import annotations

import getpass
import json
from datetime import datetime
from typing import TYPE_CHECKING

import click

from socialshop.cli.instants import INSTANT
from socialshop.cli.shop import data_dir_option, open_shop

if TYPE_CHECKING:
    from socialshop.infra.uow import UnitOfWork

_NOBODY = "none"


@click.group()
def referrals() -> None:
    """Look at and correct the sponsor tree."""


@referrals.command()
@click.option("--member", required=True, help="Whose sponsor is corrected: an external id, or mbr_….")
@click.option(
    "--sponsor", required=True, help=f"The right sponsor, as --member, or '{_NOBODY}' for the top of the tree."
)
@click.option("--reason", required=True, help="Why; kept with the correction for ever.")
@data_dir_option
def correct(member: str, sponsor: str, reason: str) -> None:
    """Hang a member, with everybody below, under another sponsor.

    Past commissions stay as they are; later orders follow the corrected tree. Who was the sponsor before stays known.
    """
    from socialshop.identity import service as identity
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.referrals import service
    from socialshop.referrals.errors import SponsorCycle

    if not reason.strip():
        raise click.UsageError("a correction needs a reason")

    def run(uow: UnitOfWork) -> None:
        service.correct_sponsor(
            uow,
            member_number=_number(uow, member),
            new_sponsor=None if sponsor == _NOBODY else _number(uow, sponsor),
            reason=reason.strip(),
            by=f"console:{getpass.getuser()}",
        )

    with open_shop():
        try:
            in_unit_of_work(run)
        except SponsorCycle as refused:
            path: list[int] = refused.members
            names = in_unit_of_work(lambda uow: identity.names_of(uow, path))
            raise SponsorCycle(f"{refused.detail}: {' → '.join(names[n] for n in path)}", members=path) from None
    click.echo(f"the sponsor of {member} is now {'nobody' if sponsor == _NOBODY else sponsor}")


@referrals.command()
@click.option("--member", required=True, help="An external id, or mbr_….")
@click.option("--json", "as_json", is_flag=True, help="Print the place as JSON.")
@data_dir_option
def show(member: str, as_json: bool) -> None:
    """Show a member's depth, nearest 8 uplines and the number of members below, by their external ids or ids."""
    from socialshop.identity import service as identity
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.referrals import service

    def look(uow: UnitOfWork) -> dict[str, object]:
        place = service.place_of(uow, _number(uow, member))
        names = identity.names_of(uow, place.uplines)
        levels: dict[int, int] = {}
        for below in service.branch(uow, place.member_number):
            levels[below.level] = levels.get(below.level, 0) + 1
        return {
            "member": member,
            "depth": place.depth,
            "uplines": [names[number] for number in place.uplines],
            "below_by_level": list(levels.values()),
        }

    with open_shop(existing=True):
        found = in_unit_of_work(look)
    click.echo(json.dumps(found) if as_json else "\n".join(f"{name}: {value}" for name, value in found.items()))


@referrals.command()
@click.option("--member", required=True, help="An external id, or mbr_….")
@click.option("--at", type=INSTANT, required=True, help="The instant, RFC 3339 with a zone.")
@data_dir_option
def sponsor(member: str, at: datetime) -> None:
    """Say who was a member's sponsor at an instant, whatever was corrected since."""
    from socialshop.identity import service as identity
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.referrals import service

    def look(uow: UnitOfWork) -> str | None:
        found = service.sponsor_at(uow, _number(uow, member), at)
        return None if found is None else identity.names_of(uow, [found])[found]

    with open_shop(existing=True):
        found = in_unit_of_work(look)
    click.echo(found or "nobody")


def _number(uow: UnitOfWork, name: str) -> int:
    from socialshop.identity import service as identity

    return identity.number_of(uow, name)
