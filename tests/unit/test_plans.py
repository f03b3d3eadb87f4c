"""A plan document is strict, and every fault is named by its path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from socialshop.commissions.errors import PlanInvalid
from socialshop.commissions.plan import MAX_BYTES, Plan, SaleLeg, document_of, hash_of, parse_plan, read_plan

SALE = {"kind": "sale", "level": 1, "rate_bps": 800}
PLAN: dict[str, Any] = {
    "name": "two levels on sales",
    "currency": "USD",
    "hold_days": 0,
    "legs": [SALE, {"kind": "sale", "level": 2, "rate_bps": 300}],
}


_MILESTONE = {"kind": "milestone", "counts": "sales", "reaches": 3, "min_order_minor": 1, "fixed_minor": 1}


def test_a_plan_is_what_its_document_says() -> None:
    plan = parse_plan(PLAN)
    assert (plan.name, plan.currency, plan.hold_days, plan.depth) == ("two levels on sales", "USD", 0, 2)
    assert plan.legs[1] == SaleLeg(kind="sale", level=2, rate_bps=300)
    assert document_of(plan) == PLAN


def test_legs_that_climb_no_tree_have_level_zero() -> None:
    plan = parse_plan(PLAN | {"legs": [{"kind": "host", "fixed_minor": 5}, {"kind": "self", "rate_bps": 1}]})
    assert [leg.level for leg in plan.legs] == [0, 0]
    assert plan.depth == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"caps": {}}, "caps"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": 7}, "name"),
        ({"currency": "ZZZ"}, "currency"),
        ({"currency": "XAU"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"hold_days": -1}, "hold_days"),
        ({"hold_days": "0"}, "hold_days"),
        ({"hold_days": True}, "hold_days"),
        ({"hold_days": 1.0}, "hold_days"),
        ({"hold_days": 3651}, "hold_days"),
        ({"legs": []}, "legs"),
        ({"legs": {}}, "legs"),
        ({"legs": [SALE] * 33}, "legs"),
        ({"legs": [7]}, "legs[0]"),
        ({"legs": [SALE, SALE | {"level": 2}, {"kind": "pool", "rate_bps": 1}]}, "legs[2].kind"),
        ({"legs": [{"kind": "click", "rate_bps": 1}]}, "legs[0].fixed_minor"),
        ({"legs": [_MILESTONE, _MILESTONE | {"reaches": 4}, _MILESTONE | {"fixed_minor": 2}]}, "legs[2].kind"),
        ({"legs": [_MILESTONE | {"when": {"deals": []}}]}, "legs[0].when"),
        ({"legs": [{"kind": "view", "per_thousand_minor": 1, "who": "all"}]}, "legs[0].who"),
        ({"legs": [{"kind": "click", "fixed_minor": 1, "when": {"first_order": True}}]}, "legs[0].when.first_order"),
        ({"legs": [{"rate_bps": 1}]}, "legs[0].kind"),
        ({"legs": [{"kind": ["sale"], "rate_bps": 1}]}, "legs[0].kind"),
        ({"legs": [{"kind": "sale", "rate_bps": 1}]}, "legs[0].level"),
        ({"legs": [SALE | {"level": 0}]}, "legs[0].level"),
        ({"legs": [{"kind": "host", "level": 1, "rate_bps": 1}]}, "legs[0].level"),
        ({"legs": [SALE | {"rate_bps": 0}]}, "legs[0].rate_bps"),
        ({"legs": [SALE | {"rate_bps": 10_001}]}, "legs[0].rate_bps"),
        ({"legs": [SALE | {"rate_bps": 8.0}]}, "legs[0].rate_bps"),
        ({"legs": [SALE | {"fixed_minor": 1}]}, "legs[0]"),
        ({"legs": [{"kind": "host"}]}, "legs[0]"),
        ({"legs": [{"kind": "host", "fixed_minor": 10**12 + 1}]}, "legs[0].fixed_minor"),
        ({"legs": [SALE | {"tier": "gold"}]}, "legs[0].tier"),
        ({"legs": [SALE, SALE]}, "legs[1].level"),
        ({"legs": [{"kind": "host", "rate_bps": 1}, {"kind": "host", "fixed_minor": 1}]}, "legs[1].kind"),
        ({"legs": [SALE | {"rate_bps": 5_000}, {"kind": "host", "rate_bps": 5_001}]}, "legs"),
    ],
)
def test_a_fault_is_named_by_its_path(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PlanInvalid) as refused:
        parse_plan(PLAN | change)
    assert refused.value.field == field
    assert refused.value.detail.startswith(f"{field}: ")
    refused.value.detail.encode()


def test_a_missing_field_is_named() -> None:
    for field in PLAN:
        with pytest.raises(PlanInvalid) as refused:
            parse_plan({key: value for key, value in PLAN.items() if key != field})
        assert refused.value.field == field


def test_rates_may_give_the_whole_sale_away_and_not_more() -> None:
    whole = [SALE | {"rate_bps": 5_000}, {"kind": "host", "rate_bps": 5_000}]
    assert parse_plan(PLAN | {"legs": whole}).depth == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe{}",
        b'{"name": "a", "name": "b"}',
        b'{"hold_days": NaN}',
        b"[" * 100_000,
        b'{"hold_days": ' + b"9" * 5_000 + b"}",
        b" " * (MAX_BYTES + 1),
    ],
)
def test_what_is_no_plan_text_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(PlanInvalid) as refused:
        read_plan(content)
    assert "\n" not in refused.value.detail


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"name": "a", "name": "b"}', "the plan has the name 'name' twice in one object"),
        (b'{"hold_days": NaN}', "the plan has NaN, which is no number in JSON"),
        (b'{"hold_days": ' + b"9" * 5_000 + b"}", "the plan has a whole number of 5,000 digits; 100 are the most"),
        (b"[" * 100_000, "the plan is nested too deeply"),
        (b"[]", "the plan should be a JSON object"),
    ],
)
def test_what_makes_a_text_no_plan_is_said_in_plain_words(content: bytes, sentence: str) -> None:
    with pytest.raises(PlanInvalid) as refused:
        read_plan(content)
    assert refused.value.detail == sentence


def test_a_plan_text_may_begin_with_a_byte_order_mark() -> None:
    assert read_plan(b"\xef\xbb\xbf" + json.dumps(PLAN).encode()) == parse_plan(PLAN)


def test_the_hash_is_of_what_is_said_not_of_how_it_is_written() -> None:
    text = json.dumps(PLAN)
    turned = json.dumps(dict(reversed(PLAN.items())), indent=4)
    hashes = {hash_of(document_of(read_plan(t.encode()))).hex() for t in (text, turned)}
    assert hashes == {"28b68faf1e22b33cadcc9a3f212e3be11756f4ab8901376fb4e78b707e878b9c"}
    assert hash_of(PLAN | {"hold_days": 1}) != hash_of(PLAN)


def test_the_manual_shows_a_plan_that_reads(documented_plan: Plan) -> None:
    assert [leg.kind for leg in documented_plan.legs] == ["sale", "sale", "host", "self"]


@pytest.fixture
def documented_plan() -> Plan:
    manual = (Path(__file__).resolve().parents[2] / "docs" / "commissions.md").read_text(encoding="utf-8")
    return read_plan(manual.partition("```json\n")[2].partition("```")[0].encode())
