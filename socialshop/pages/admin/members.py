"""Members: found, who stands above each, and the team below with what it bought."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, flash, render_template, request
from flask_babel import gettext

from socialshop.identity import service as identity
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.ledger import service as ledger
from socialshop.pages.admin.findings import FOUND_SEVERITIES, FOUND_STATES
from socialshop.pages.admin.people import names_by_id, names_by_number
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.whole import whole_of
from socialshop.pages.admin.words import ROLES
from socialshop.pages.formats import money
from socialshop.pages.section import go_to
from socialshop.pages.shopper.account import birthday_in
from socialshop.pages.shopper.conduct import GROUNDS
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.referrals import service as referrals
from socialshop.referrals.errors import NodeUnknown
from socialshop.referrals.service import BranchVolume
from socialshop.web.auth import ADMINS

_DEPTHS = ("1", "2", "3", "5", "8")


@admin.page("/members", tab="members")
def list_members(visit: Visit) -> str:
    """The newest first; by name, e-mail or id, and by role."""
    sought = request.args.get("find", "").strip() or None
    role = next((role for role in Role if role == request.args.get("role")), None)
    found = identity.search(visit.uow, sought, role, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    return render_template("admin/members.html", members=rows, next=after, roles=list(ROLES.items()))


@admin.page("/members/<member_id>", ids={"member_id": "mbr"}, tab="members", sees="member_id")
def show_member(visit: Visit) -> str:
    """One member, whole, with sponsors and the team below. That the team was looked at is recorded."""
    member_id = visit.ids["member_id"]
    found = identity.named(visit.uow, ids=[member_id])
    if not found:
        raise NotFound("no such member")
    member, depth = found[0], request.args.get("depth", "3")
    return render_template(
        "admin/member.html",
        member=member,
        birthday=identity.birthday_of(visit.uow, member_id),
        sponsors=_sponsors(visit, member.number),
        whole=whole_of(visit, member),
        wallet=ledger.wallet(visit.uow, member.number, visit.settings.currency),
        currency=visit.settings.currency,
        tree=_team(visit, member_id, int(depth) if depth in _DEPTHS else 3),
        depths=[(depth, depth) for depth in _DEPTHS],
        roles=ROLES,
        grounds=GROUNDS,
        found_states=FOUND_STATES,
        severities=FOUND_SEVERITIES,
    )


@admin.action("/members/<member_id>/birthday", access=ADMINS, again="show_member", ids={"member_id": "mbr"})
def correct_birthday(visit: Visit) -> Response:
    """Put right what the member told wrongly."""
    born = birthday_in(visit.form)
    visit.form.check()
    actor, zone = visit.caller.member_id, visit.settings.time_zone
    identity.correct_birthday(visit.uow, actor, visit.ids["member_id"], born, zone=zone)
    flash(gettext("Kept."))
    return go_to("admin.show_member", **visit.path)


def _sponsors(visit: Visit, number: int) -> list[tuple[int, str | None]]:
    """Who stands above, the nearest first: numbers and names."""
    try:
        uplines = referrals.place_of(visit.uow, number).uplines
    except NodeUnknown:
        return []
    names = names_by_number(visit.uow, uplines)
    return [(upline, names.get(upline)) for upline in uplines]


def _team(visit: Visit, member_id: uuid.UUID, levels: int) -> dict[str, Any] | None:
    """The branch as nested nodes, the member itself on top; None for who has no place in the tree."""
    try:
        rows = referrals.volumes(
            visit.uow, visit.caller.member_id, member_id, levels=levels, currency=visit.settings.currency
        )
    except NotFound:
        return None
    return _nested(rows, names_by_id(visit.uow, [row.member_id for row in rows]))


def _nested(rows: Sequence[BranchVolume], names: Mapping[uuid.UUID, str | None]) -> dict[str, Any]:
    nodes: dict[uuid.UUID, dict[str, Any]] = {}
    for row in rows:
        public_id = to_public("mbr", row.member_id)
        node = {
            "id": public_id,
            "name": names.get(row.member_id) or f"…{public_id[-6:]}",
            "own": money(row.volume),
            "team": money(row.team_volume),
            "children": [],
        }
        nodes[row.member_id] = node
        if row.sponsor_id is not None and row.level:
            nodes[row.sponsor_id]["children"].append(node)
    return nodes[rows[0].member_id]
