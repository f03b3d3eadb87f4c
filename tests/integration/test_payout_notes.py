"""Notes on payout cases: they decide nothing, are never changed, and go with the member whom they are about."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.roles import Role
from socialshop.payouts import service as payouts
from tests.integration.test_payouts import TABLES, admins, asked, decide, lin
from tests.web_client import Person, counts, refusal, sign_up

__all__ = ["admins", "lin"]
SAID = "the second account is her mother's"


def note(writer: Person, request: str, words: object = SAID) -> object:
    return writer.call(
        "POST", f"/admin/payout-requests/{request}/notes", key=secrets.token_hex(8), json={"note": words}
    )


def history(reader: Person, request: str) -> list[tuple[str, str, str | None]]:
    shown = reader.call("GET", f"/admin/payout-requests/{request}").get_json()["history"]
    return [(one["action"], one["by"], one["facts"].get("note")) for one in shown]


def test_a_note_stands_in_the_history_whatever_the_state_and_decides_nothing(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    first, second, _ = admins
    request, other = asked(lin, 600), asked(lin, 300)
    # given a case that the first has claimed, and another with a note of its own
    first.call("POST", f"/admin/payout-requests/{request}/claim")
    note(second, other, "of another case")
    before = counts(*TABLES)
    # when the second notes on it, and the first once it is refused
    written = note(second, request)
    assert (written.status_code, sorted(written.get_json())) == (201, ["at", "number"])
    assert counts(*TABLES) == {**before, "audit_entries": before["audit_entries"] + 1}
    assert decide(first, request, "reject", reason="other", note="no").status_code == 200
    assert note(first, request, "she wrote again").status_code == 201
    # then all stand in their order, by whom, and the member reads none
    told = history(second, request)
    me, her = (person.call("GET", "/me").get_json()["id"] for person in (first, second))
    assert told[1:] == [
        ("payout.claimed", me, None),
        ("payout.noted", her, SAID),
        ("payout.rejected", me, "no"),
        ("payout.noted", me, "she wrote again"),
    ]
    for mine in (f"/payout-requests/{request}", "/me/export"):
        assert SAID not in lin.call("GET", mine).text
    # and the record itself knows the number alone
    with unit_of_work() as uow:
        facts = uow.session.execute(text("SELECT facts::text FROM audit_entries WHERE action = 'payout.noted'")).all()
    assert [SAID in row[0] for row in facts] == [False, False, False]


def test_nobody_notes_on_an_own_case_nor_without_words_nor_changes_a_note(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    request = asked(lin, 600)
    assert note(admins[0], request).status_code == 201
    before = counts("payout_notes", *TABLES)
    with unit_of_work() as uow:
        uow.session.execute(
            text("UPDATE members SET role = 'admin' WHERE id = (SELECT member_id FROM payout_requests)")
        )
    assert refusal(note(lin, request))[:2] == (403, "self_approval")
    for wrong in ("", "  ", "x" * 501, None):
        assert refusal(note(admins[0], request, wrong)) == (422, "invalid_value", "note")
    assert refusal(note(sign_up(app, role=Role.FINANCE), request))[0] == 403
    assert note(admins[0], "por_01k9w3q2mxe5tb6v8c4yd7r1hz").status_code == 404
    # The planted fault: past the door a note is changed; the database refuses, by privilege and to its owner.
    for role in ("", "RESET ROLE;"):
        with pytest.raises(DBAPIError), unit_of_work() as uow:
            uow.session.execute(text(f"{role} UPDATE payout_notes SET note = 'other'"))
    assert counts("payout_notes", *TABLES) == before
    assert history(admins[1], request)[1:] == [("payout.noted", admins[0].call("GET", "/me").get_json()["id"], SAID)]


def test_notes_go_with_the_member_or_in_their_time_and_the_record_stays(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    requests = [asked(lin, 600), asked(lin, 300)]
    now = app.extensions["socialshop_clock"].now()
    # given a note that is forgotten once it was written before then, and not sooner
    note(admins[0], requests[0])
    for days, left in ((-1, 1), (1, 0)):
        assert in_unit_of_work(partial(payouts.forget_notes, before=now + timedelta(days=days))) is False
        assert counts("payout_notes") == {"payout_notes": left}
    # and one on each of the member's requests
    for request in requests:
        note(admins[0], request)
    # when the member leaves
    for request in requests:
        assert lin.call("DELETE", f"/payout-requests/{request}").status_code in (200, 204)
    assert lin.call("DELETE", "/me?gives_up=money").status_code == 200
    # then no word is left, and the record says still that there was a note
    assert counts("payout_notes") == {"payout_notes": 0}
    assert [words for did, _, words in history(admins[1], requests[0]) if did == "payout.noted"] == [None, None]
