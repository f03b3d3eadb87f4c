"""The whole of a plan as a form: legs with their conditions, caps, inactive uplines. It works without a script.

A button that adds or takes away a leg sends the form and gets it back as it was typed, with the leg more or less.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext

from socialshop.commissions import service as commissions
from socialshop.commissions.errors import PlanInvalid
from socialshop.commissions.plan import Plan, parse_plan
from socialshop.kernel.ids import from_public, to_public
from socialshop.pages.admin import plan_form
from socialshop.pages.admin.plan_faults import fault_told
from socialshop.pages.admin.plan_labels import kind_words
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.web.auth import ADMINS

_PLAN = {"plan_id": "plan"}
# What a new plan begins with: the safest there is.
_FIRST = {"hold_days": "7", "legs[0].kind": "sale", "legs[0].level": "1"}
_NOT_TYPED = frozenset({"csrf_token", "once", "shape", "add_kind", "plan"})


@admin.page("/plans/editor", tab="plans")
def write_plan(visit: Visit) -> Response:
    """A form for everything that a plan may say; `from` begins it with what another plan says."""
    asked = request.args.get("from", "")
    begins = _FIRST
    if asked:
        begins = plan_form.filled(commissions.plan_of(visit.uow, from_public("plan", asked)).document)
    return _page(visit, visit.form if visit.form.values else Form(begins), None)


@admin.action("/plans/editor", access=ADMINS, again="write_plan", once=True)
def keep_written_plan(visit: Visit) -> Response:
    """Keep it as a draft."""
    drafted = commissions.draft_plan(visit.uow, visit.caller.member_id, _typed(visit, visit.settings.currency))
    flash(gettext("Drafted. Nobody earns by it until it is published."))
    return go_to("admin.show_plan", plan_id=to_public("plan", drafted.id))


@admin.page("/plans/<plan_id>/editor", ids=_PLAN, tab="plans")
def rewrite_plan(visit: Visit) -> Response:
    """A draft in the form; the few that it cannot say to the letter are changed as the documents they came as."""
    plan = commissions.plan_of(visit.uow, visit.ids["plan_id"])
    if plan.version_id is not None:
        return go_to("admin.show_plan", plan_id=visit.path["plan_id"])
    if not plan_form.is_sayable(plan.document):
        told = gettext("This draft says what the form has no words for. Whoever sent it changes it the way it came.")
        flash(told, "wait")
        return go_to("admin.show_plan", plan_id=visit.path["plan_id"])
    form = visit.form if visit.form.values else Form(plan_form.filled(plan.document))
    return _page(visit, form, plan.id)


@admin.action("/plans/<plan_id>/editor", access=ADMINS, again="rewrite_plan", ids=_PLAN)
def keep_rewritten_plan(visit: Visit) -> Response:
    """Say the draft anew."""
    was = commissions.plan_of(visit.uow, visit.ids["plan_id"])
    plan = _typed(visit, was.document["currency"])
    commissions.redraft_plan(visit.uow, visit.caller.member_id, was.id, plan)
    flash(gettext("The draft is changed. Nobody earns by it until it is published."))
    return go_to("admin.show_plan", plan_id=visit.path["plan_id"])


@admin.action("/plans/editor/shape", access=ADMINS, again="write_plan")
def shape_plan(visit: Visit) -> Response:
    """The form as it was typed, with a leg or a cap more or less; nothing is kept."""
    values = {name: value for name, value in visit.form.values.items() if name not in _NOT_TYPED}
    said = visit.form.values
    shaped = plan_form.reshaped(values, said.get("shape", ""), said.get("add_kind", ""))
    plan_id = from_public("plan", said["plan"]) if said.get("plan") else None
    return _page(visit, Form(shaped), plan_id)


def _page(visit: Visit, form: Form, plan_id: uuid.UUID | None) -> Response:
    rows = {what: plan_form.rows_of(form.values, what) for what in plan_form.MARKS}
    shown = render_template(
        "admin/plan_editor.html",
        tab="plans",
        form=form,
        plan_id=plan_id,
        legs=[(row, kind, plan_form.kinds()[kind]) for row, kind in _kinds_of(form.values, rows["legs"])],
        caps=rows["caps"],
        cap=plan_form.cap_group(),
        activity=plan_form.activity_group(),
        kinds_named=[(kind, kind_words(kind)) for kind in plan_form.kinds()],
        currency=visit.settings.currency,
    )
    return make_response(shown)


def _kinds_of(values: Mapping[str, str], rows: list[int]) -> list[tuple[int, str]]:
    named = [(row, values[f"legs[{row}].kind"]) for row in rows]
    return [(row, kind) for row, kind in named if kind in plan_form.kinds()]


def _typed(visit: Visit, currency: str) -> Plan:
    """The plan that was typed; each fault is told beside its field."""
    form = visit.form
    document: dict[str, Any] = plan_form.typed(form, currency)
    if not document["legs"]:
        form.errors["legs"] = gettext("A plan pays somebody.")
    form.check()
    try:
        return parse_plan(document)
    except PlanInvalid as invalid:
        for fault in invalid.faults:
            form.errors.setdefault(plan_form.field_at(fault.path, form.values), fault_told(fault))
    form.refuse()
