"""`socialshop merges`: two accounts of one person become one; one admin asks, another approves with a code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from socialshop.cli import Stopped
from socialshop.cli.shop import data_dir_option, open_shop
from socialshop.kernel.roles import Role

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from socialshop.infra.uow import UnitOfWork

_SHOWN = 100
_by = click.option("--by", "email", required=True, help="E-mail of the admin who does it.")


@click.group()
def merges() -> None:
    """Make two accounts of one person one."""


@merges.command()
@click.argument("gone")
@click.argument("kept")
@click.option("--reason", required=True, help="Why it is known that it is one person; kept in the audit record.")
@_by
@data_dir_option
def ask(gone: str, kept: str, reason: str, email: str) -> None:
    """Ask that the account GONE be merged into KEPT, each named by mbr_… or the shop's own id."""
    from socialshop.identity import service as identity
    from socialshop.kernel.ids import to_public
    from socialshop.privacy import service

    def run(uow: UnitOfWork, actor: uuid.UUID) -> str:
        numbers = [identity.number_of(uow, who) for who in (gone, kept)]
        ids = {person.number: person.id for person in identity.named(uow, numbers=numbers)}
        row = service.ask_merge(uow, actor, ids[numbers[0]], ids[numbers[1]], reason.strip())
        return f"{to_public(service.MERGE_PREFIX, row.id)} waits for another admin"

    if not reason.strip() or len(reason) > 500:  # noqa: PLR2004 - as the pages ask
        raise click.UsageError("a merge needs a reason of at most 500 characters")
    click.echo(_as_admin(email, run))


@merges.command("list")
@data_dir_option
def list_() -> None:
    """Show what was asked for and decided, the newest first."""
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.kernel.ids import to_public
    from socialshop.privacy import service

    with open_shop(existing=True):
        for row in in_unit_of_work(lambda uow: service.merges(uow, None, _SHOWN)):
            pair = f"{to_public('mbr', row.gone)} -> {to_public('mbr', row.kept)}"
            click.echo(f"{to_public(service.MERGE_PREFIX, row.id)} {row.status} {pair} {row.reason}")


@merges.command()
@click.argument("merge")
@_by
@click.option("--code", required=True, help="What that admin's authenticator shows now.")
@data_dir_option
def approve(merge: str, email: str, code: str) -> None:
    """Do a MERGE (mrg_…) that another admin asked for. It moves money and cannot be undone."""
    from socialshop.kernel.ids import from_public
    from socialshop.privacy import service
    from socialshop.signins import service as signins

    def run(uow: UnitOfWork, actor: uuid.UUID) -> str:
        signins.spend_code(uow, actor, code)
        done = service.approve_merge(uow, actor, from_public(service.MERGE_PREFIX, merge))
        moved = ", ".join(f"{money.amount_minor} {money.currency}" for money in done.money) or "none"
        return f"merged; members who came along: {done.children}; minor units moved: {moved}"

    click.echo(_as_admin(email, run))


@merges.command()
@click.argument("merge")
@_by
@data_dir_option
def reject(merge: str, email: str) -> None:
    """Leave both accounts of a MERGE (mrg_…) as they are."""
    from socialshop.kernel.ids import from_public
    from socialshop.privacy import service

    def run(uow: UnitOfWork, actor: uuid.UUID) -> str:
        service.reject_merge(uow, actor, from_public(service.MERGE_PREFIX, merge))
        return "both accounts stay as they are"

    click.echo(_as_admin(email, run))


def _as_admin(email: str, run: Callable[[UnitOfWork, uuid.UUID], str]) -> str:
    """Do it as the admin who signs in with this e-mail. Raises Stopped."""
    from socialshop.identity import service as identity
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.privacy.errors import MergeRefused

    def found(uow: UnitOfWork) -> str:
        actor = identity.whose_email(uow, email)
        people = [] if actor is None else identity.named(uow, ids=[actor])
        if actor is None or not people or people[0].role != Role.ADMIN:
            raise Stopped(f"no admin signs in with {email}")
        return run(uow, actor)

    with open_shop(existing=True):
        try:
            return in_unit_of_work(found)
        except MergeRefused as refused:
            raise Stopped(str(refused)) from refused
