"""The whole plan as a form, without a script: what is typed is the document, and each fault stands beside its field."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from visitors import Visitor, member, typed_in
from web_client import counts

from socialshop.commissions import service as commissions
from socialshop.commissions.plan import KINDS, document_of, parse_plan
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.pages.admin import plan_form, plan_labels

_DEAL, _PRODUCT = "deal_01k9w3q2mxe5tb6v8c4yd7r1hz", "prd_01k9w3q2mxe5tb6v8c4yd7r1hz"
# Everything that a plan can say.
WHOLE: dict[str, Any] = {
    "name": "everything",
    "currency": "CNY",
    "hold_days": 9,
    "legs": [
        {
            "kind": "sale",
            "level": 1,
            "rate_bps": 1050,
            "when": {
                "products": [_PRODUCT],
                "deals": [_DEAL],
                "buyer_tiers": ["gold", "silver"],
                "tiers": ["gold"],
                "first_order": True,
                "sold_from": "2026-01-31T12:00:00Z",
                "sold_until": "2026-02-28T12:30:15Z",
            },
        },
        {"kind": "sale", "level": 1, "fixed_minor": 150},
        {"kind": "host", "rate_bps": 250},
        {"kind": "self", "rate_bps": 1},
        {"kind": "tier", "rates": {"silver": 300, "gold": 625}, "reach": 2},
        {"kind": "lead", "fixed_minor": 500, "min_order_minor": 5000},
    ],
    "activity": {"within_days": 30, "inactive": "pass_up", "reach": 3},
    "caps": [
        {"per": "order", "amount_minor": 10000},
        {"per": "member", "period": "month", "amount_minor": 90000},
        {"per": "plan", "amount_minor": 900000},
    ],
}


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def document_at(address: str) -> dict[str, Any]:
    plan_id = from_public("plan", address.rpartition("/")[2])
    return in_unit_of_work(lambda uow: commissions.plan_of(uow, plan_id).document)


def test_everything_that_a_plan_says_is_shown_and_read_back_as_the_same_document(site: Flask, admin: Visitor) -> None:
    # given a draft that says everything
    whole = document_of(parse_plan(WHOLE))
    assert admin.card is not None
    me = admin.card.member_id
    drafted = in_unit_of_work(lambda uow: commissions.draft_plan(uow, me, parse_plan(WHOLE)))
    plan = to_public("plan", drafted.id)
    # when its form, and that of another that begins with it, are sent as they are shown
    page = admin.look(f"/admin/plans/{plan}/editor").text
    kept = admin.client.post(f"/admin/plans/{plan}/editor", data=typed_in(page))
    assert kept.status_code == 303, kept.text
    copied = admin.look(f"/admin/plans/editor?from={plan}").text
    other = admin.client.post("/admin/plans/editor", data=typed_in(copied))
    assert other.status_code == 303, other.text
    # then both are the document to the letter
    assert document_at(f"/{plan}") == whole
    assert document_at(str(other.headers["Location"])) == whole


def test_a_draft_that_the_form_has_no_words_for_is_left_as_it_is_and_its_page_says_so(
    site: Flask, admin: Visitor
) -> None:
    """A name with a comma stands in quotes; one that has both cannot be said."""
    assert admin.card is not None
    me = admin.card.member_id

    def drafted(channel: str) -> str:
        legs = [{"kind": "self", "rate_bps": 1, "when": {"channels": [channel, "noon"]}}]
        plan = parse_plan({"name": "P", "currency": "CNY", "hold_days": 1, "legs": legs})
        draft = in_unit_of_work(lambda uow: commissions.draft_plan(uow, me, plan))
        return f"/admin/plans/{to_public('plan', draft.id)}"

    for language in ("en", "zh"):
        said = drafted("live, evening")
        kept = admin.client.post(f"{said}/editor", data=typed_in(admin.look(f"{said}/editor", language).text))
        assert kept.status_code == 303, kept.text
        assert document_at(said)["legs"][0]["when"]["channels"] == ["live, evening", "noon"]
    odd = drafted('"late", early')
    answer = admin.look(f"{odd}/editor")
    assert (answer.status_code, answer.headers["Location"]) == (303, odd)
    assert "the form has no words for" in admin.look(odd).text


def test_legs_and_caps_come_and_go_by_buttons_alone(site: Flask, admin: Visitor) -> None:
    values = typed_in(admin.look("/admin/plans/editor").text) | {"name": "P", "legs[0].rate_bps": "8"}
    before = counts("commission_plan_drafts", "audit_entries")

    def press(shape: str, kind: str = "") -> None:
        nonlocal values
        answer = admin.client.post("/admin/plans/editor/shape", data=values | {"shape": shape, "add_kind": kind})
        assert answer.status_code == 200
        values = typed_in(answer.text)

    press("add-legs", "tier")
    press("add-legs", "host")
    press("add-caps")
    values |= {"legs[1].rates": "gold 6", "legs[2].rate_bps": "2.5", "caps[0].amount_minor": "12.50"}
    press("drop-legs-1")
    assert counts("commission_plan_drafts", "audit_entries") == before
    # another leg stands where the one was that is gone
    assert (values["legs[1].kind"], values["legs[1].rate_bps"], "legs[2].kind" in values) == ("host", "2.5", False)
    kept = admin.client.post("/admin/plans/editor", data=values)
    assert kept.status_code == 303, kept.text
    assert document_at(str(kept.headers["Location"])) == {
        "name": "P",
        "currency": "CNY",
        "hold_days": 7,
        "legs": [{"kind": "sale", "level": 1, "rate_bps": 800}, {"kind": "host", "rate_bps": 250}],
        "caps": [{"per": "order", "amount_minor": 1250}],
    }


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"legs[0].rate_bps": ""}, "legs[0].rate_bps", None),
        ({"legs[0].rate_bps": "8,5"}, "legs[0].rate_bps", "A share in percent, such as 7.5."),
        ({"legs[0].level": "x"}, "legs[0].level", "A whole number from 1 to 99."),
        ({"legs[0].when.products": "tea"}, "legs[0].when.products", None),
        ({"legs[0].when.sold_from": "soon"}, "legs[0].when.sold_from", "A day and time such as"),
        ({"activity.within_days": "30"}, "activity.inactive", None),
        ({"caps[0].per": "order", "caps[0].period": "day", "caps[0].amount_minor": "5"}, "caps[0].per", None),
        ({"legs[1].kind": "tier", "legs[1].rates": "gold", "legs[1].reach": "2"}, "legs[1].rates", "A tier and its"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_in_both_languages(
    site: Flask, admin: Visitor, typed: dict[str, str], field: str, told: str | None
) -> None:
    values = typed_in(admin.look("/admin/plans/editor").text) | {"name": "P", "legs[0].rate_bps": "8"} | typed
    before = counts("commission_plan_drafts")
    for language, script in (("en", r"[A-Za-z]"), ("zh", r"[一-鿿]")):
        answer = admin.client.post(f"/admin/plans/editor?lang={language}", data=values)
        assert answer.status_code == 422
        said = re.search(rf'<p class="wrong" id="{re.escape(field)}-told">([^<]+)</p>', answer.text)
        assert said is not None, re.findall(r'class="wrong"[^<]*<', answer.text)
        assert re.search(script, said[1])
        if told and language == "en":
            assert told in said[1]
    assert counts("commission_plan_drafts") == before


def test_every_kind_of_leg_and_every_field_has_its_place_in_the_form_and_its_name(site: Flask) -> None:
    """The form follows the schema: a kind that the engine learns is in it; a field without a name is told here."""
    assert set(plan_form.kinds()) == set(KINDS)
    groups = [*plan_form.kinds().values(), plan_form.cap_group(), plan_form.activity_group()]
    fields = [one for group in groups for one in (*group.inputs, *group.when)]
    assert {one.name for one in fields} - plan_labels.LABELS.keys() == set()
    for one in fields:
        assert set(one.options) - plan_labels.CHOICES.get(one.name, {}).keys() == set()
