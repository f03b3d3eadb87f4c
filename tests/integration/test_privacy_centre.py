"""Consents that are given and withdrawn, an export within its time, and who looked at whose data."""

from __future__ import annotations

import time
import uuid

import pytest
from flask import Flask
from money_people import number_of
from payment_shop import rows
from sqlalchemy import text
from web_client import Person, counts, refusal, registration, sign_up

from socialshop.identity import consents
from socialshop.identity import service as identity
from socialshop.identity.service import Document
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from tests.someone_elses import belongings


def came(app: Flask) -> Person:
    answer = app.test_client().post("/api/v1/members", json=registration()).get_json()
    return Person(app.test_client(), sign_up(app).card, answer["token"])


def standing(person: Person) -> dict[str, bool]:
    return {row["document"]: row["given"] for row in person.call("GET", "/me/consents").get_json()["data"]}


def test_with_the_terms_stand_being_named_and_chosen_goods_and_never_marketing(app: Flask) -> None:
    assert standing(came(app)) == {"terms": True, "names": True, "personalisation": True, "marketing": False}
    # Somebody whose account another made has agreed to nothing.
    assert not any(standing(sign_up(app)).values())


def test_every_decision_is_kept_with_version_and_instant_and_said_twice_it_is_one(app: Flask) -> None:
    person = came(app)
    for given in (True, True, False, True):
        person.call("POST", "/me/consents", json={"document": "marketing", "given": given})
    kept = rows("SELECT given, version FROM member_consents WHERE document = 'marketing' ORDER BY accepted_at")
    assert kept == [(True, "2026-11"), (False, "2026-11"), (True, "2026-11")]
    shown = next(row for row in person.call("GET", "/me/consents").get_json()["data"] if row["document"] == "marketing")
    assert shown["given"] is True
    assert shown["decided_at"] is not None


def test_a_new_version_is_agreed_to_anew_and_the_old_one_stays(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given terms that were agreed to, when they have another version, then a yes once more is a yes to that."""
    person = came(app)
    mine = "SELECT version, given FROM member_consents WHERE document = 'terms' ORDER BY accepted_at"
    old = rows(mine)
    monkeypatch.setitem(consents.VERSIONS, Document.TERMS, "2027-06")
    shown = next(row for row in person.call("GET", "/me/consents").get_json()["data"] if row["document"] == "terms")
    assert (shown["version"], shown["current_version"]) == (old[0][0], "2027-06")
    for _ in range(2):
        person.call("POST", "/me/consents", json={"document": "terms", "given": True})
    assert rows(mine) == [*old, ("2027-06", True)]


def test_the_terms_are_not_withdrawn_by_who_stays(app: Flask) -> None:
    person = came(app)
    before = counts("member_consents")
    refused = person.call("POST", "/me/consents", json={"document": "terms", "given": False})
    assert refusal(refused)[:2] == (409, "terms_needed")
    assert person.call("POST", "/me/consents", json={"document": "terms", "given": True}).status_code == 200
    assert counts("member_consents") == before


def test_a_room_asks_whether_a_member_agrees(app: Flask) -> None:
    member = sign_up(app).card.member_id

    def agrees() -> bool:
        return in_unit_of_work(lambda uow: identity.has_consented(uow, member, Document.PERSONALISATION))

    assert not agrees()
    in_unit_of_work(lambda uow: identity.decide_consent(uow, member, Document.PERSONALISATION, given=True))
    assert agrees()


def test_every_look_at_one_members_data_is_noted_with_who_and_what(app: Flask) -> None:
    theirs = belongings(app)
    owner, finance = theirs.owner, sign_up(app, role=Role.FINANCE)
    for path in (
        f"/admin/orders/{theirs.ids['ord']}/commissions",
        f"/admin/referrals/{theirs.ids['mbr']}",
        f"/admin/payout-requests/{theirs.ids['por']}",
        f"/admin/payout-batches/{theirs.ids['pob']}",
    ):
        assert finance.call("GET", path).status_code == 200, path
    # Refused, for the batch is not released: nothing was seen.
    assert finance.call("GET", f"/admin/payout-batches/{theirs.ids['pob']}/file").status_code == 409
    page = owner.call("GET", "/me/access-log?limit=3").get_json()
    rest = owner.call("GET", f"/me/access-log?cursor={page['next_cursor']}").get_json()
    seen = [row["saw"] for row in (*page["data"], *rest["data"])]
    assert seen == [
        "show_payout_batch",
        "show_payout_request",
        "show_branch",
        "show_order_commissions",
    ]
    viewers = {(row["viewer_id"], row["viewer_role"]) for row in (*page["data"], *rest["data"])}
    assert viewers == {(to_public("mbr", finance.card.member_id), "finance")}
    # Whoever was not looked at sees nothing.
    assert sign_up(app).call("GET", "/me/access-log").get_json() == {"data": [], "next_cursor": None}


def test_a_look_that_found_nothing_and_a_look_at_oneself_are_no_looks(app: Flask) -> None:
    admin = sign_up(app, role=Role.ADMIN)
    unknown = to_public("mbr", uuid.uuid4())
    assert admin.call("GET", f"/admin/referrals/{unknown}").status_code == 404
    assert admin.call("GET", f"/admin/referrals/{to_public('mbr', admin.card.member_id)}").status_code == 200
    assert counts("data_looks") == {"data_looks": 0}


def test_an_export_is_the_members_own_alone(app: Flask) -> None:
    theirs = belongings(app)
    other = sign_up(app)
    mine = theirs.owner.call("GET", "/me/export").text
    for prefix in ("ord", "rfd", "acr", "por", "pod", "pay", "deal"):
        assert theirs.ids[prefix] in mine, prefix
    shown = other.call("GET", "/me/export").text
    assert [secret for secret in theirs.secrets if secret in shown] == []


@pytest.mark.long
def test_a_hundred_thousand_entries_are_exported_within_a_minute(app: Flask) -> None:
    person = sign_up(app)
    number = number_of(person)
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO orders (id, external_id, source, buyer, uplines, status, currency, total_minor,"
                " ordered_at, received_at) SELECT gen_random_uuid(), 'x' || n, 'import', :number, '{}', 'received',"
                " 'CNY', n, now(), now() FROM generate_series(1, 100000) n"
            ),
            {"number": number},
        )
        uow.session.execute(
            text(
                "INSERT INTO order_lines (id, order_id, line, quantity, amount_minor)"
                " SELECT gen_random_uuid(), id, 1, 1, total_minor FROM orders"
            )
        )
    began = time.monotonic()
    found = person.call("GET", "/me/export").get_json()["sections"]["orders"]
    took = time.monotonic() - began
    assert len(found) == 100_000
    assert sum(order["total_minor"] for order in found) == 5_000_050_000
    assert took < 60
