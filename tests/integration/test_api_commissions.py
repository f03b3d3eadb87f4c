"""Plans, commissions, explanations and refunds over HTTP."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from after_sales import claw_back, replayed, rows, settle
from flask import Flask
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, sell
from sqlalchemy import event, text
from web_client import Person, counts, refusal, sign_up

from socialshop.commissions import service
from socialshop.commissions.sentences import SENTENCES
from socialshop.infra.db import db
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role

DUE = NEW_YEAR + timedelta(days=3650)
TWO_LEVELS = {
    "name": "two",
    "currency": "CNY",
    "hold_days": 7,
    "legs": [{"kind": "sale", "level": 1, "rate_bps": 777}, {"kind": "sale", "level": 2, "rate_bps": 333}],
}


class Family:
    """Ann brought in Bo, Bo brought in Cy, who bought for 9,999 under 7.77 % and 3.33 % and a week of hold."""

    def __init__(self, app: Flask) -> None:
        self.ann, self.bo, self.cy, self.dee = (sign_up(app, name=name) for name in ("Ann", "Bo", "Cy", "Dee"))
        self.admin, self.finance = sign_up(app, role=Role.ADMIN), sign_up(app, role=Role.FINANCE)
        with unit_of_work() as uow:
            place_under(uow.session, self.bo, self.ann)
            place_under(uow.session, self.cy, self.bo)
            legs = TWO_LEVELS["legs"]
            plan = a_plan(*legs, hold_days=7)  # type: ignore[misc]
            service.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO)
        buyer = number(self.cy)
        with unit_of_work() as uow:
            (self.order_id,) = sell(uow, [Sale(buyer=buyer, lines=((9_999, 1),))])
        with unit_of_work() as uow:
            service.accrue_orders(uow, confirmed(self.order_id))
        self.order = to_public("ord", self.order_id)

    def commission(self, person: Person) -> dict[str, Any]:
        (found,) = person.call("GET", "/me/commissions").get_json()["data"]
        return dict(found)

    def explanation(self, person: Person, language: str = "en") -> dict[str, Any]:
        path = f"/me/commissions/{self.commission(person)['id']}/explanation"
        answer = person.call("GET", path, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def ask(self, body: dict[str, Any], person: Person | None = None) -> Any:
        return (person or self.cy).call("POST", f"/orders/{self.order}/refunds", json=body, key=uuid.uuid4().hex)

    def refund(self, **body: Any) -> str:
        asked = self.ask({"reason": "broken", **body})
        assert asked.status_code == 201, asked.text
        refund_id: str = asked.get_json()["id"]
        assert self.admin.call("POST", f"/admin/refunds/{refund_id}/approve", json={}).status_code == 200
        claw_back(from_public("rfd", refund_id))
        return refund_id


def number(person: Person) -> int:
    (found,) = rows("SELECT number FROM members WHERE id = :id", id=person.card.member_id)
    return int(found[0])


def place_under(session: Any, member: Person, sponsor: Person) -> None:
    session.execute(
        text(
            """
            UPDATE referral_nodes n SET sponsor = s.member_number, depth = s.depth + 1,
                uplines = array_prepend(s.member_number, s.uplines)
            FROM referral_nodes s, members m, members b
            WHERE s.member_number = b.number AND b.id = :sponsor AND m.id = :member AND n.member_number = m.number
            """
        ),
        {"member": member.card.member_id, "sponsor": sponsor.card.member_id},
    )


@pytest.fixture
def family(app: Flask) -> Family:
    return Family(app)


def test_a_member_sees_what_sales_earned(family: Family) -> None:
    found = family.commission(family.bo)
    assert found["amount"] == found["net"] == {"amount_minor": 776, "currency": "CNY"}
    assert found["base"] == {"amount_minor": 9_999, "currency": "CNY"}
    assert (found["kind"], found["level"], found["status"]) == ("sale", 1, "held")
    assert found["order_id"] == family.order
    assert found["matures_at"] == "2026-01-08T00:00:00Z"
    assert family.cy.call("GET", "/me/commissions").get_json()["data"] == []


def test_the_explanations_figures_are_the_accruals(family: Family) -> None:
    found = family.explanation(family.bo)
    steps = {step["step"]: step for step in found["steps"]}
    assert [step["step"] for step in found["steps"]] == [
        *("sale", "plan", "leg_sale", "rate", "rounding", "no_cap", "hold", "status_held")
    ]
    assert steps["rate"]["figures"]["exact_minor"] == "776.9223"
    assert steps["rounding"]["figures"]["amount_minor"] == found["amount"]["amount_minor"] == 776
    assert steps["hold"]["figures"] == {
        "hold_days": 7,
        "held_from": "2026-01-01T00:00:00Z",
        "matures_at": "2026-01-08T00:00:00Z",
    }
    assert steps["rounding"]["text"] == "Rounded down to 7.76 CNY; the rest stays with the shop."


def test_the_explanation_says_what_each_refund_took(family: Family) -> None:
    first = family.refund(amount_minor=3_333)
    settle(DUE)
    second = family.refund(amount_minor=1_111)
    found = family.explanation(family.bo)
    reversals = [step["figures"] for step in found["steps"] if step["step"] == "reversal"]
    assert [(r["refund_id"], r["net_base_minor"], r["net_minor"], r["clawed_minor"]) for r in reversals] == [
        (first, 6_666, 517, 259),
        (second, 5_555, 431, 86),
    ]
    assert [(r["pending_minor"], r["wallet_minor"], r["owed_minor"]) for r in reversals] == [(259, 0, 0), (0, 86, 0)]
    assert found["net"]["amount_minor"] == 431
    assert found["amount"]["amount_minor"] == 776
    assert replayed() is None


def test_the_explanation_is_written_in_chinese_for_who_reads_it(family: Family) -> None:
    family.refund(amount_minor=1)
    found = family.explanation(family.ann, "zh-CN,zh;q=0.9,en;q=0.5")
    assert found["language"] == "zh"
    assert "你是买家的第 2 级上级。" in [step["text"] for step in found["steps"]]
    english = family.explanation(family.ann, "fr, en;q=0.1")
    assert english["language"] == "en"
    assert [step["figures"] for step in english["steps"]] == [step["figures"] for step in found["steps"]]


def test_every_sentence_says_the_same_figures_in_both_languages() -> None:
    import re

    for code, (english, chinese) in SENTENCES.items():
        assert sorted(re.findall(r"\{[\w:]+\}", english)) == sorted(re.findall(r"\{[\w:]+\}", chinese)), code


def test_an_open_refund_is_part_of_the_explanation(family: Family) -> None:
    assert family.ask({"reason": "broken"}).status_code == 201
    assert "stopped" in [step["step"] for step in family.explanation(family.bo)["steps"]]


def test_somebody_elses_commission_is_not_found(family: Family) -> None:
    path = f"/me/commissions/{family.commission(family.bo)['id']}/explanation"
    for other in (family.ann, family.cy, family.admin):
        assert refusal(other.call("GET", path))[:2] == (404, "not_found")


def test_an_admin_sees_who_got_what_and_why_others_got_nothing(family: Family) -> None:
    buyer = number(family.bo)
    with unit_of_work() as uow:
        (order_id,) = sell(uow, [Sale(buyer=buyer, lines=((10, 1),))], prefix="b")
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(order_id))
    answer = family.finance.call("GET", f"/admin/orders/{to_public('ord', order_id)}/commissions").get_json()
    ann = to_public("mbr", family.ann.card.member_id)
    assert answer["accruals"] == []
    assert [(s["level"], s["member_id"], s["reason"]) for s in answer["skipped"]] == [
        (1, ann, "rounds_to_zero"),
        (2, None, "no_upline"),
    ]
    assert answer["skipped"][1]["text"] == "The buyer has no upline at this level."
    both = family.admin.call("GET", f"/admin/orders/{family.order}/commissions").get_json()
    assert [(a["level"], a["amount"]["amount_minor"]) for a in both["accruals"]] == [(1, 776), (2, 332)]
    assert refusal(family.admin.call("GET", f"/admin/orders/{to_public('ord', uuid.uuid4())}/commissions"))[0] == 404
    assert refusal(family.bo.call("GET", f"/admin/orders/{family.order}/commissions"))[0] == 403


def test_wallet_entries_say_what_each_movement_was(family: Family) -> None:
    settle(DUE)
    family.refund()
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = family.bo.call("GET", f"/me/wallet/entries?limit=1{cursor}").get_json()
        seen += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [(e["kind"], e["part"], e["amount"]["amount_minor"]) for e in seen] == [
        ("clawback", "available", -776),
        ("settlement", "available", 776),
        ("settlement", "pending", -776),
        ("accrual", "pending", 776),
    ]
    assert {e["order_id"] for e in seen} == {family.order}
    assert {e["commission_id"] for e in seen} == {family.commission(family.bo)["id"]}
    sums = {
        part: sum(e["amount"]["amount_minor"] for e in seen if e["part"] == part) for part in ("pending", "available")
    }
    wallet = family.bo.call("GET", "/me/wallet").get_json()
    assert sums == {part: wallet[part]["amount_minor"] for part in sums}


@pytest.mark.parametrize("path", ["/me/commissions", "/me/wallet/entries", "/me/commissions/{}/explanation"])
def test_reading_costs_the_same_statements_however_much_there_is(family: Family, path: str) -> None:
    first = _statements(family, path)
    buyer = number(family.cy)
    with unit_of_work() as uow:
        orders = sell(uow, [Sale(buyer=buyer) for _ in range(40)], prefix="more")
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*orders))
    assert _statements(family, path) == first <= 5


def _statements(family: Family, path: str) -> int:
    commission = family.bo.call("GET", "/me/commissions").get_json()["data"][0]["id"]
    seen: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert family.bo.call("GET", path.format(commission)).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len(seen)


def test_a_plan_is_drafted_published_and_listed(app: Flask) -> None:
    admin = sign_up(app, role=Role.ADMIN)
    drafted = admin.call("POST", "/admin/commission-plans", json=TWO_LEVELS)
    assert drafted.status_code == 201
    plan = drafted.get_json()
    assert (plan["status"], plan["legs"]) == ("draft", TWO_LEVELS["legs"])
    published = admin.call("POST", f"/admin/commission-plans/{plan['id']}/publish", json={})
    assert published.status_code == 200
    version = published.get_json()
    assert (version["number"], [f["severity"] for f in version["findings"]]) == (1, ["info"])
    again = admin.call("POST", f"/admin/commission-plans/{plan['id']}/publish", json={})
    assert again.get_json() == version
    (listed,) = admin.call("GET", "/admin/commission-plans").get_json()["data"]
    assert (listed["id"], listed["status"], listed["number"]) == (plan["id"], "published", 1)
    assert [row[0] for row in rows("SELECT action FROM audit_entries ORDER BY id")] == [
        "plan.drafted",
        "plan.published",
    ]


def test_a_draft_is_said_anew_and_thrown_away_while_it_is_one(app: Flask) -> None:
    # given two drafts, one of which was tried on past sales
    admin, finance = sign_up(app, role=Role.ADMIN), sign_up(app, role=Role.FINANCE)
    kept, gone = (admin.call("POST", "/admin/commission-plans", json=TWO_LEVELS).get_json()["id"] for _ in range(2))
    span = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    assert admin.call("POST", f"/admin/commission-plans/{gone}/simulations", json=span).status_code == 202
    # when one is said anew and the other thrown away
    anew = TWO_LEVELS | {"name": "one level", "legs": TWO_LEVELS["legs"][:1]}
    assert refusal(finance.call("POST", f"/admin/commission-plans/{kept}", json=anew))[0] == 403
    said = admin.call("POST", f"/admin/commission-plans/{kept}", json=anew)
    assert (said.status_code, said.get_json()["id"], said.get_json()["legs"]) == (200, kept, anew["legs"])
    assert admin.call("DELETE", f"/admin/commission-plans/{gone}").status_code == 204
    # then it is gone with what it was tried on, and published the other stays as it is
    assert refusal(admin.call("DELETE", f"/admin/commission-plans/{gone}"))[:2] == (404, "not_found")
    assert counts("commission_plan_drafts", "plan_simulations") == {"commission_plan_drafts": 1, "plan_simulations": 0}
    assert admin.call("POST", f"/admin/commission-plans/{kept}/publish", json={}).status_code == 200
    before = rows("SELECT document FROM commission_plan_drafts"), counts("audit_entries")
    assert refusal(admin.call("POST", f"/admin/commission-plans/{kept}", json=TWO_LEVELS))[:2] == (
        409,
        "plan_published",
    )
    assert refusal(admin.call("DELETE", f"/admin/commission-plans/{kept}"))[:2] == (409, "plan_published")
    assert (rows("SELECT document FROM commission_plan_drafts"), counts("audit_entries")) == before
    assert rows("SELECT document FROM commission_plan_versions") == rows("SELECT document FROM commission_plan_drafts")
    deeds = [row[0] for row in rows("SELECT action FROM audit_entries ORDER BY id")]
    assert deeds == "plan.drafted plan.drafted plan.simulated plan.redrafted plan.discarded plan.published".split()
    (hashes,) = rows("SELECT facts FROM audit_entries WHERE action = 'plan.redrafted'")[0]
    assert hashes["was_hash"] != hashes["document_hash"]


def test_three_levels_need_a_signature_and_four_are_refused(app: Flask) -> None:
    admin = sign_up(app, role=Role.ADMIN)

    def draft(levels: int) -> str:
        legs = [{"kind": "sale", "level": n, "rate_bps": 100} for n in range(1, levels + 1)]
        body = {**TWO_LEVELS, "name": f"n{levels}", "legs": legs}
        plan_id: str = admin.call("POST", "/admin/commission-plans", json=body).get_json()["id"]
        return f"/admin/commission-plans/{plan_id}/publish"

    three, four = draft(3), draft(4)
    answer = admin.call("POST", three, json={})
    assert refusal(answer)[:2] == (422, "plan_refused")
    assert "warning" in [f["severity"] for f in answer.get_json()["findings"]]
    signed = {"sign_off": {"name": "Chen Jing", "note": "read"}}
    assert refusal(admin.call("POST", four, json=signed))[:2] == (422, "plan_refused")
    assert counts("commission_plan_versions")["commission_plan_versions"] == 0
    assert admin.call("POST", three, json=signed).status_code == 200
    assert rows("SELECT sign_off FROM commission_plan_versions") == [({"name": "Chen Jing", "note": "read"},)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"caps": {}}, "invalid_value"),
        ({"hold_days": "7"}, "invalid_value"),
        ({"legs": [{"kind": "pool", "fixed_minor": 1}]}, "invalid_value"),
        ({"legs": [{"kind": "host", "rate_bps": 1}, {"kind": "host", "rate_bps": 2}]}, "plan_invalid"),
    ],
)
def test_a_plan_that_nobody_computes_is_refused(app: Flask, change: dict[str, Any], code: str) -> None:
    admin = sign_up(app, role=Role.ADMIN)
    answer = admin.call("POST", "/admin/commission-plans", json={**TWO_LEVELS, **change})
    assert refusal(answer)[:2] == (422, code)
    assert counts("commission_plan_drafts")["commission_plan_drafts"] == 0


def test_a_version_cannot_come_into_force_before_a_sale(family: Family) -> None:
    plan = family.admin.call("POST", "/admin/commission-plans", json={**TWO_LEVELS, "name": "late"}).get_json()
    path = f"/admin/commission-plans/{plan['id']}/publish"
    answer = family.admin.call("POST", path, json={"effective_at": "2025-12-01T00:00:00Z"})
    assert refusal(answer) == (422, "effective_at_before_order", "effective_at")
    assert family.admin.call("POST", path, json={"effective_at": "2026-06-01T00:00:00+08:00"}).status_code == 200


def test_a_refund_is_asked_for_decided_and_seen(family: Family) -> None:
    asked = family.ask({"reason": "broken", "lines": [{"line": 1}]}).get_json()
    assert (asked["status"], asked["amount"]) == ("requested", {"amount_minor": 9_999, "currency": "CNY"})
    assert asked["lines"] == [{"line": 1, "quantity": 1, "amount": {"amount_minor": 9_999, "currency": "CNY"}}]
    path = f"/admin/refunds/{asked['id']}"
    queue = family.finance.call("GET", "/admin/refunds?status=requested").get_json()["data"]
    assert [each["id"] for each in queue] == [asked["id"]]
    assert refusal(family.cy.call("POST", f"{path}/approve", json={}))[0] == 403
    first, again = (family.admin.call("POST", f"{path}/approve", json={}) for _ in range(2))
    assert first.get_json() == again.get_json()
    assert first.get_json()["status"] == "refunded"
    assert refusal(family.admin.call("POST", f"{path}/reject", json={"reason": "no"}))[:2] == (409, "refund_decided")
    (seen,) = family.cy.call("GET", f"/orders/{family.order}/refunds").get_json()["data"]
    assert seen["status"] == "refunded"
    order = family.cy.call("GET", f"/orders/{family.order}").get_json()
    assert (order["status"], order["refunded"]) == ("refunded", order["total"])


def test_open_requests_count_and_rejected_ones_do_not(family: Family) -> None:
    asked = family.ask({"reason": "broken", "amount_minor": 6_000}).get_json()
    too_much = family.ask({"reason": "more", "amount_minor": 4_000})
    assert refusal(too_much) == (422, "amount_too_large", "amount_minor")
    assert family.ask({"reason": "rest"}).get_json()["amount"]["amount_minor"] == 3_999
    assert refusal(family.ask({"reason": "again"}))[:2] == (409, "nothing_to_refund")
    path = f"/admin/refunds/{asked['id']}/reject"
    assert refusal(family.admin.call("POST", path, json={}))[:2] == (422, "invalid_value")
    assert family.admin.call("POST", path, json={"reason": "worn"}).get_json()["status"] == "rejected"
    assert family.ask({"reason": "again"}).get_json()["amount"]["amount_minor"] == 6_000
    assert rows("SELECT count(*) FROM refunds") == [(3,)]


def test_what_is_refused_of_a_refund_changes_nothing(family: Family) -> None:
    before = counts("refunds", "refund_lines", "ledger_entries")
    assert refusal(family.ask({"reason": "x"}, family.bo))[:2] == (404, "not_found")
    assert refusal(family.ask({"reason": "x", "amount_minor": 10_000}))[:2] == (422, "amount_too_large")
    assert refusal(family.ask({"reason": "x", "lines": [{"line": 2}]})) == (422, "invalid_value", "lines")
    assert refusal(family.ask({"reason": "x", "lines": [{"line": 1, "quantity": 2}]}))[:2] == (422, "amount_too_large")
    assert family.ask({"reason": "x", "amount_minor": 0}).status_code == 422
    assert family.ask({"reason": "x", "amount_minor": 1, "lines": [{"line": 1}]}).status_code == 422
    missing = family.cy.call("POST", f"/orders/{family.order}/refunds", json={"reason": "x"})
    assert refusal(missing)[:2] == (400, "idempotency_key_missing")
    assert refusal(family.finance.call("POST", f"/orders/{family.order}/refunds", json={"reason": "x"}))[0] == 403
    assert refusal(family.bo.call("GET", f"/orders/{family.order}/refunds"))[0] == 404
    assert counts("refunds", "refund_lines", "ledger_entries") == before
