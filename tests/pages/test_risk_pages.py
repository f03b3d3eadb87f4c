"""Findings and the rules of risk on pages, without scripts."""

from __future__ import annotations

import html
import json
import re
import secrets
from collections import Counter
from datetime import timedelta

from flask import Flask
from money_people import earn
from room_shop import statements
from sqlalchemy import text
from test_admin_payouts import asked
from visitors import Visitor, member
from web_client import counts, sign_up

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.risk import service as risk
from socialshop.risk.ruleset import DEFAULT
from socialshop.screening import cases
from socialshop.screening.cases import Case
from socialshop.screening.rules import Severity

_FIGURES = {"members": 3, "orders": 24, "own_orders": 20, "refunded": 2}


def ring(*people: Visitor) -> str:
    """A ring of these people that holds their money, and its address."""
    ids = [person.card.member_id for person in people if person.card]
    with unit_of_work() as uow:
        numbers = {number_of(uow, id_) for id_ in ids}
        names = [to_public("mbr", id_) for id_ in ids]
        ties = [
            {"kind": "payout_account", "members": names[:2], "since": "2026-02-01T00:00:00Z"},
            {"kind": "device", "members": names[1:], "since": "2026-02-02T00:00:00Z"},
        ]
        said = {"score": 40, "reasons": [{"reason": "own_rooms", "points": 40}], "figures": _FIGURES, "ties": ties}
        case = Case(
            subject=names[0],
            code="ring",
            occasion=secrets.token_hex(4),
            severity=Severity.SEVERE,
            evidence=said,
            members=frozenset(numbers),
            rules_version=0,
            shadow=False,
            holds=True,
            expires_at=uow.now + timedelta(days=30),
        )
        cases.open_cases(uow, [case])
        (made,) = cases.cases(uow, code="ring", limit=1)
    return f"/admin/findings/{to_public('fnd', made.id)}"


def number_of(uow: UnitOfWork, member_id: object) -> int:
    return int(uow.session.execute(text("SELECT number FROM members WHERE id = :id"), {"id": member_id}).scalar_one())


def test_a_ring_is_shown_with_its_picture_and_decided_by_one_whom_it_does_not_name(site: Flask) -> None:
    """Given a ring that names an admin; when both look; then the other alone decides, and sees why it is one."""
    ada, bob = (member(site, role=Role.ADMIN, name=name) for name in ("Ada", "Bob"))
    finance = member(site, role=Role.FINANCE, name="Fin")
    address = ring(member(site, name="Lin"), member(site, name="May"), ada)
    listed = bob.look("/admin/findings").text
    assert address in listed
    assert "A ring of accounts" in listed
    page = bob.look(address).text
    for told in ("rooms that they mostly fill alone", "paid on the same account", "20 in rooms of their own", "Lin"):
        assert told in page
    assert (page.count('class="bow"'), page.count("<line ")) == (1, 1)
    assert "账号团伙" in bob.look(address, language="zh").text
    assert "somebody else decides about it" in ada.look(address).text
    assert 'name="verdict"' not in ada.look(address).text + finance.look(address).text

    unsaid = bob.send(address, address, verdict="dismissed", reason=" ")
    assert (unsaid.status_code, "This is needed." in unsaid.text) == (422, True)
    assert counts("finding_decisions") == {"finding_decisions": 0}
    assert bob.send(address, address, verdict="dismissed", reason="A family of three.").status_code == 303
    assert address not in bob.look("/admin/findings").text
    assert address in bob.look("/admin/findings?state=dismissed&severity=severe&rule=ring").text
    assert "A family of three." in finance.look(address).text


def test_other_rules_are_brought_into_force_on_their_page(site: Flask) -> None:
    ada = member(site, role=Role.ADMIN, name="Ada")
    page = ada.look("/admin/risk-rules").text
    assert "Version 0." in page
    filled = _filled(page)
    assert filled["refund_rate-threshold"] == "25"
    wrong = ada.send("/admin/risk-rules", "/admin/risk-rules", **filled | {"ring-threshold": "x", "note": "Why not."})
    assert wrong.status_code == 422
    assert counts("risk_rules") == {"risk_rules": 0}
    changed = filled | {"ring-threshold": "85", "one_host-shadow": "yes", "note": "Fewer, and surer."}
    assert ada.send("/admin/risk-rules", "/admin/risk-rules", **changed).status_code == 303
    after = ada.look("/admin/risk-rules").text
    assert "Fewer, and surer." in after
    rules = in_unit_of_work(risk.rules_in_force).rules
    assert (rules.ring.threshold, rules.one_host.shadow, rules.ring.on) == (85, True, True)
    assert rules.refund_rate == DEFAULT.refund_rate


def _filled(page: str) -> dict[str, str]:
    """What the form of rules holds as it was given out: texts, boxes that are ticked, what is chosen."""
    texts = re.findall(r'<input class="input" id="[^"]*" name="([^"]*)" type="text" value="([^"]*)"', page)
    ticked = re.findall(r'<input type="checkbox" id="[^"]*" name="([^"]*)" value="yes" checked', page)
    chosen = re.findall(r'<select class="input" id="[^"]*" name="([^"]*)">.*?value="([^"]*)" selected', page, re.DOTALL)
    return dict(texts) | dict.fromkeys(ticked, "yes") | dict(chosen)


def test_the_case_of_a_payout_leads_to_what_holds_its_money(site: Flask) -> None:
    """Given a ring one of whom asks for money; when the case is read; then it leads there, and nothing is approved."""
    ada, lin = member(site, role=Role.ADMIN, name="Ada"), sign_up(site)
    request = asked(lin, 500)
    address = ring(Visitor(lin.client, lin.card), member(site), member(site))
    case = f"/admin/payouts/{request}"
    assert f'href="{address}"' in ada.look(case).text
    refused = ada.send(case, f"{case}/approve")
    assert (refused.status_code, "A finding holds this money" in refused.text) == (409, True)


def test_a_ring_is_explored_by_tables_and_a_graph_that_say_the_same(site: Flask) -> None:
    bob = member(site, role=Role.ADMIN, name="Bob")
    top = sign_up(site, name="Top")
    people = [member(site, name=name) for name in ("Lin", "May", "Wu")]
    with unit_of_work() as uow:
        numbers = [number_of(uow, one.card.member_id) for one in people if one.card]
        above = number_of(uow, top.card.member_id)
    earn(numbers[0], 300, 120)
    with unit_of_work() as uow:
        # May was brought by Lin, Lin by Top, who is not of the ring.
        brought = text("UPDATE referral_nodes SET sponsor = :sponsor WHERE member_number = :member")
        # A place in the tree never moves: past its guards, by who owns them.
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("SET LOCAL session_replication_role = replica"))
        pairs = [(above, numbers[0]), (numbers[0], numbers[1])]
        uow.session.execute(brought, [{"sponsor": one, "member": other} for one, other in pairs])
        for table in ("orders", "accrued_lines"):
            uow.session.execute(text(f"UPDATE {table} SET buyer = :wu"), {"wu": numbers[2]})
    address = ring(*people)
    assert f'href="{address}/web"' in bob.look(address).text
    with statements() as seen:
        page = bob.look(f"{address}/web").text
    assert len(seen) <= 9, seen
    for told in ("Who brought whom", "paid on the same account", "the same browser", "CN¥4.20"):
        assert told in page
    graph = json.loads(html.unescape(re.search(r'data-web="([^"]*)"', page)[1]))  # type: ignore[index]
    sorts = Counter(node["sort"] for node in graph["nodes"])
    assert sorts == {"member": 3, "beside": 1, "hard": 1, "soft": 1}
    assert Counter(edge["sort"] for edge in graph["edges"]) == {"hard": 2, "soft": 2, "brought": 2, "bought": 1}
    assert [edge["words"] for edge in graph["edges"] if edge["sort"] == "bought"] == ["2 orders earned CN¥4.20"]
    assert "谁带来谁" in bob.look(f"{address}/web", language="zh").text
    # The same over HTTP, in ids; nobody else of the shop's members sees it.
    api = f"/api/v1{address}/web"
    told = sign_up(site, role=Role.FINANCE).call("GET", api.removeprefix("/api/v1")).get_json()
    assert (len(told["member_ids"]), len(told["beside_ids"]), told["left_out"]) == (3, 1, 0)
    assert [(one["orders"], one["commission"]["amount_minor"]) for one in told["purchases"]] == [(2, 420)]
    assert top.call("GET", f"{address}/web").status_code == 403
