"""Every example of the manual is what the engine computes, and the schema in the manual is the validator's."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from sample_sales import NEW_YEAR

from socialshop.commissions import capping, traffic, weighing
from socialshop.commissions.plan import KINDS, json_schema, parse_plan
from socialshop.commissions.rules import Sales
from socialshop.commissions.salefacts import read
from socialshop.commissions.subtree import subtree
from socialshop.commissions.traffic import Counted

DOCS = Path(__file__).resolve().parents[2] / "docs"
_EXAMPLE = re.compile(
    r"^## ([^\n]+)\n.*?```json\n(.*?)```\n\n\| leg [^\n]*\n\|[-|]*\n((?:\|[^\n]*\n)+)", re.MULTILINE | re.DOTALL
)
EXAMPLES = _EXAMPLE.findall((DOCS / "commission-legs.md").read_text(encoding="utf-8"))


def _counted(said: dict[str, Any]) -> list[tuple[str, ...]]:
    """An example of what was counted of a day, of member 6's link."""
    facts, tally = read(said.pop("facts", None)), said.pop("tally")
    plan = parse_plan({"name": "example", "currency": "CNY", "hold_days": 0, **said})
    each = Counted(uuid.uuid4(), tally["kind"], 6, tally["counted"], tally["before"], tally["publisher"], facts)
    outcome = traffic.again(plan, [each])
    paid = [(leg, str(member), str(amount)) for _, leg, member, amount in outcome.rewards]
    skipped = [(leg, str(member), str(reason)) for _, leg, member, reason in outcome.skips]
    return [(plan.legs[leg].kind, "0", *rest) for leg, *rest in (*paid, *skipped)]


def _computed(said: dict[str, Any]) -> list[tuple[str, ...]]:
    if "tally" in said:
        return _counted(said)
    facts, line = read(said.pop("facts", None)), said.pop("line")
    plan = parse_plan({"name": "example", "currency": "CNY", "hold_days": 0, **said})
    id_ = uuid.uuid4()
    sales = Sales([id_], [id_], [4], [5], [(3, 2, 1)], [line["amount_minor"]], [line["quantity"]], [NEW_YEAR], [facts])
    outcome = weighing.accrue(plan, sales, subtree(sales.buyers, sales.uplines, plan.depth))
    if plan.caps:
        outcome = capping.cut(plan, sales, outcome, None).outcome
    found: list[tuple[str, ...]] = []
    for place, (_, leg, member, amount) in enumerate(outcome.rewards):
        level = outcome.terms[place].level if place in outcome.terms else plan.legs[leg].level
        found.append((plan.legs[leg].kind, str(level), str(member), str(amount)))
    for _, leg, nobody, reason in outcome.skips:
        found.append((plan.legs[leg].kind, str(plan.legs[leg].level), str(nobody or "nobody"), reason))
    for _, leg, level, member, reason in outcome.passes:
        found.append((plan.legs[leg].kind, str(level), str(member), reason))
    return found


@pytest.mark.parametrize(("text", "table"), [example[1:] for example in EXAMPLES], ids=[one[0] for one in EXAMPLES])
def test_an_example_of_the_manual_is_what_the_engine_computes(text: str, table: str) -> None:
    told = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in table.strip().split("\n")]
    assert sorted(_computed(json.loads(text))) == sorted(told)


def test_every_kind_that_runs_has_an_example() -> None:
    shown = {row.split("|")[1].strip() for _, _, table in EXAMPLES for row in table.strip().split("\n")}
    assert shown == set(KINDS)


def test_the_schema_of_the_manual_is_the_validators() -> None:
    assert json.loads((DOCS / "commission-plan.schema.json").read_text(encoding="utf-8")) == json_schema()
