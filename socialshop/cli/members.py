"""`socialshop member …`: members made from the console, staff first of all."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from socialshop.cli import Stopped
from socialshop.cli.shop import data_dir_option, open_shop
from socialshop.kernel.roles import Role

if TYPE_CHECKING:
    import uuid

    from socialshop.infra.uow import UnitOfWork
    from socialshop.onboarding.service import Card, Invited


def _asked_password() -> str:
    """The password as it is typed, unseen. Raises Stopped where nobody sits at a terminal to type it."""
    if not sys.stdin.isatty():
        raise Stopped("there is no terminal to ask for the password at: set SOCIALSHOP_MEMBER_PASSWORD")
    typed: str = click.prompt("Password", hide_input=True)
    return typed


@click.group()
def member() -> None:
    """Create members from the console."""


@member.command()
@click.option("--email", required=True, help="What the member signs in with.")
@click.option(
    "--password",
    callback=lambda _ctx, _option, given: given or _asked_password(),
    envvar="SOCIALSHOP_MEMBER_PASSWORD",
    show_envvar=True,
    help="8 to 200 characters; asked for where it is not given, for other users of the machine can read arguments.",
)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What the member may do.")
@click.option(
    "--totp", is_flag=True, help="Give an authenticator secret too: an admin approves payouts with its codes."
)
@click.option("--display-name", help="Seen by other members; the part of the e-mail before the @ if absent.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
@data_dir_option
def create(*, email: str, password: str, role: str, totp: bool, display_name: str | None, as_json: bool) -> None:
    """Create a member at the top of the tree, with an own invite code."""
    from socialshop.audit import service as audit
    from socialshop.identity.service import NewMember
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.kernel.ids import to_public
    from socialshop.onboarding import service
    from socialshop.signins import service as signins

    with open_shop():
        person = NewMember(
            email=email,
            password=password,
            display_name=display_name or email.partition("@")[0][:60],
            role=Role(role),
        )

        def make(uow: UnitOfWork) -> tuple[Card, dict[str, str]]:
            card = service.create(uow, person)
            public_id = to_public("mbr", card.member_id)
            audit.record(uow, actor=None, action="member.created", target=public_id, facts={"role": card.role})
            return card, {"totp_secret": signins.give_totp(uow, card.member_id)} if totp else {}

        card, secret = in_unit_of_work(make)
    made = {
        "id": to_public("mbr", card.member_id),
        "email": card.email,
        "role": card.role.value,
        "invite_code": card.invite_code,
        **secret,
    }
    click.echo(json.dumps(made) if as_json else "\n".join(f"{name}: {value}" for name, value in made.items()))


@member.command("attach-email")
@click.argument("who", metavar="MEMBER")
@click.option("--email", required=True, help="What the member will sign in with.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
@data_dir_option
def attach_email(who: str, email: str, as_json: bool) -> None:
    """Let an imported MEMBER in, named by mbr_… or by the shop's own id.

    Prints the token with which the person sets a password; it is told this once, and made anew worth nothing.
    """
    from socialshop.identity import service as identity
    from socialshop.infra import wired
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.kernel.ids import to_public
    from socialshop.onboarding import service

    with open_shop():
        days = wired.settings().claim_days

        def attach(uow: UnitOfWork) -> Invited:
            (person,) = identity.named(uow, numbers=[identity.number_of(uow, who)])
            return service.attach_email(uow, None, person.id, email, days=days)

        invited = in_unit_of_work(attach)
    made = {
        "id": to_public("mbr", invited.card.member_id),
        "email": invited.card.email,
        "token": invited.claim.token,
        "expires_at": invited.claim.expires_at.isoformat(),
    }
    click.echo(json.dumps(made) if as_json else "\n".join(f"{name}: {value}" for name, value in made.items()))


def _member(uow: UnitOfWork, email: str) -> uuid.UUID:
    """Who signs in with the e-mail. Raises Stopped."""
    from socialshop.identity import service as identity

    found = identity.whose_email(uow, email)
    if found is None:
        raise Stopped(f"nobody signs in with {email}")
    return found


@member.command("totp")
@click.option("--email", required=True, help="Whose device is lost, with the recovery codes.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
@data_dir_option
def give_totp(email: str, as_json: bool) -> None:
    """Give a member another authenticator secret, in place of what there is. It is told this once, and recorded."""
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.signins import service as signins

    with open_shop(existing=True):
        secret = in_unit_of_work(lambda uow: signins.give_totp(uow, _member(uow, email)))
    click.echo(json.dumps({"email": email, "totp_secret": secret}) if as_json else secret)


@member.command("code")
@click.option("--email", required=True, help="Whose authenticator.")
@data_dir_option
def code(email: str) -> None:
    """Print what a member's authenticator app shows now: for trying a shop out, never in production."""
    from socialshop.infra import wired
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.signins import service as signins

    with open_shop(existing=True):
        if wired.settings().environment == "production":
            raise Stopped("in production only the device shows codes; `socialshop member totp` gives another secret")
        click.echo(in_unit_of_work(lambda uow: signins.code_now(uow, _member(uow, email))))
