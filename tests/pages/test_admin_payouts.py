"""An admin's payouts: from the queue to released by another person, without scripts; what is refused on the way."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from admin_desk import asked
from flask import Flask
from money_people import IBAN, number_of, wallet_of
from room_shop import statements
from sqlalchemy import text
from visitors import Visitor, member
from web_client import Person, counts, sign_up
from werkzeug.test import TestResponse

from socialshop.infra import wired
from socialshop.infra.uow import in_unit_of_work
from socialshop.invites import service as invites
from socialshop.kernel.roles import Role
from socialshop.pages import cookies
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity

MOVED = ("payout_requests", "payout_decisions", "payout_batches", "ledger_entries")


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def noticed(request: str) -> None:
    found = Finding(request, "clawback_owed", "rfd_1", Severity.WARNING, {"owed_minor": 120, "currency": "CNY"})
    in_unit_of_work(lambda uow: screening.record(uow, [found]))


def test_from_the_queue_to_the_bank_in_few_taps_and_three_persons(
    site: Flask, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given two members who wait, one with a finding
    first, second = sign_up(site, name="Lin"), sign_up(site, name="Chen")
    one, two = asked(first, 600), asked(second, 300)
    noticed(two)
    # when the queue is opened, the case beside it looked at, and approved
    queue = admin.look("/admin/payouts").text
    assert queue.index("Lin") < queue.index("Chen")
    assert queue.count("1 finding") == 1
    case = admin.look(f"/admin/payouts/{one}").text
    assert "CN¥6.00" in case
    assert IBAN not in case
    assert f"•••• {IBAN[-4:]}" in case
    approved = admin.send(f"/admin/payouts/{one}", f"/admin/payouts/{one}/approve")
    # then the next that waits is shown at once, with what was noticed about it
    assert approved.headers["Location"] == f"/admin/payouts/{two}"
    next_case = admin.look(f"/admin/payouts/{two}").text
    assert "Approved: CN¥6.00 for Lin." in next_case
    assert "Owes commission that was taken back" in next_case
    assert "CN¥1.20 was taken back after a refund and is still owed to the shop." in next_case
    done = admin.send(f"/admin/payouts/{two}", f"/admin/payouts/{two}/approve")
    assert done.headers["Location"] == "/admin/payouts"
    assert "Nothing waits here" in admin.look("/admin/payouts").text
    # and a batch of both is made by the same person, and released by another
    assert "CN¥9.00" in admin.look("/admin/batches").text
    batch = str(admin.send("/admin/batches", "/admin/batches").headers["Location"])
    alone = admin.look(batch).text
    assert "You approved some of these requests, so somebody else releases the batch." in alone
    assert "Nobody else of the shop may just now" in alone
    other = member(site, role=Role.ADMIN, name="Bo")
    assert "These may: Bo." in admin.look(batch).text
    token = admin.form("/me", "/sign-out") | {"once": "0" * 32}
    own = admin.client.post(f"{batch}/release", data=token, headers={"Accept-Language": "en"})
    assert own.status_code == 403
    assert "Somebody who approved none of the requests must release the batch." in own.text
    assert "<h1>Batch</h1>" in own.text
    assert other.send(batch, f"{batch}/release").status_code == 303
    file = other.look(f"{batch}/file")
    assert (file.mimetype, file.text.count(IBAN)) == ("text/csv", 2)
    assert other.look(f"{batch}/file?format=csv").text == file.text
    # The bank's file needs the shop's own account; the page says so and hands out nothing else in its stead.
    refused = other.look(f"{batch}/file?format=pain001")
    assert (refused.status_code, IBAN in refused.text) == (422, False)
    assert "format=pain001" not in other.look(batch).text
    assert other.look(f"{batch}/file?format=xml").status_code == 404
    payer = wired.settings().model_copy(update={"payer_name": "Tea & Co", "payer_iban": "DE02120300000000202051"})
    monkeypatch.setattr(wired, "settings", lambda: payer)
    assert f'href="{batch}/file?format=pain001"' in other.look(batch).text
    for_bank = other.look(f"{batch}/file?format=pain001")
    assert (for_bank.mimetype, for_bank.text.count(f"<IBAN>{IBAN}</IBAN>")) == ("application/xml", 2)
    # and the results end it: one paid, one failed and back in the wallet
    results = {f"result-{two}": "failed", f"reason-{two}": "account closed", "rest_paid": "yes"}
    assert other.send(batch, f"{batch}/results", **results).status_code == 303
    assert "account closed" in other.look(batch).text
    assert "done" in other.look(batch).text
    assert (wallet_of(number_of(first)).available, wallet_of(number_of(second)).available) == (0, 300)


def test_a_reason_is_needed_to_hold_or_refuse_and_the_form_comes_back_open(site: Flask, admin: Visitor) -> None:
    request = asked(sign_up(site), 500)
    before = counts(*MOVED, "audit_entries")
    for act in ("hold", "reject"):
        answer = admin.send(f"/admin/payouts/{request}", f"/admin/payouts/{request}/{act}")
        assert answer.status_code == 422
        assert "<details open>" in answer.text
        assert "Choose one of these." in answer.text
    assert counts(*MOVED, "audit_entries") == before
    held = admin.send(
        f"/admin/payouts/{request}", f"/admin/payouts/{request}/hold", hold_reason="we_ask_you", hold_note="call first"
    )
    assert held.status_code == 303
    assert "call first" in admin.look(f"/admin/payouts/{request}").text
    refused = admin.send(f"/admin/payouts/{request}", f"/admin/payouts/{request}/reject", reject_reason="other")
    assert refused.status_code == 303
    assert "refused, money back" in admin.look("/admin/payouts?status=ended").text


def test_what_the_bank_sent_back_is_noted_on_the_case_and_is_in_the_wallet(site: Flask, admin: Visitor) -> None:
    lin = sign_up(site, name="Lin")
    request = asked(lin, 600)
    assert "sent it back" not in admin.look(f"/admin/payouts/{request}").text
    admin.send(f"/admin/payouts/{request}", f"/admin/payouts/{request}/approve")
    batch = str(admin.send("/admin/batches", "/admin/batches").headers["Location"])
    other = member(site, role=Role.ADMIN, name="Bo")
    other.send(batch, f"{batch}/release")
    other.send(batch, f"{batch}/results", rest_paid="yes")
    case = f"/admin/payouts/{request}"
    assert admin.send(case, f"{case}/return").status_code == 422
    assert admin.send(case, f"{case}/return", return_reason="account closed").status_code == 303
    page = admin.look(case).text
    assert "Noted: the money is back in the wallet." in page
    assert "sent back, money back" in page
    assert "account closed" in page
    assert wallet_of(number_of(lin)).available == 600
    assert "sent back, money back" in admin.look("/admin/payouts?status=ended").text


def test_who_shares_an_account_or_a_browser_stands_in_a_ring_beside_the_sum(site: Flask, admin: Visitor) -> None:
    lin, mei, wu = (sign_up(site, name=name) for name in ("Lin", "Mei", "Wu"))
    request = asked(lin, 600)
    numbers = [number_of(one) for one in (lin, mei, wu)]
    # The sale behind the sum: bought by Wu, whom Mei brought, whom Lin brought.
    tell = text("UPDATE orders SET buyer = :wu, uplines = ARRAY[:mei, :lin]::bigint[]")
    in_unit_of_work(lambda uow: uow.session.execute(tell, dict(zip(("lin", "mei", "wu"), numbers, strict=True))))
    quiet = admin.look(f"/admin/payouts/{request}").text
    assert "No ring: nobody here shares an account or a browser with another in this picture." in quiet
    assert 'class="bow"' not in quiet
    asked(wu, 300)
    for one in (mei, wu):
        in_unit_of_work(lambda uow, one=one: invites.recognize(uow, b"v" * 32, one.card.member_id))
    with statements() as seen:
        page = admin.look(f"/admin/payouts/{request}").text
    assert len([one for one in seen if "invite_visitors" in one]) == 1
    assert "1 ring" in page
    assert "Paid on the same account: Lin, Wu" in page
    assert "Came with the same browser: Mei, Wu" in page
    assert page.count('class="bow"') == 2
    assert "A ring is a reason to look closer and no proof" in page


def test_nobody_decides_about_an_own_request(site: Flask) -> None:
    ada = sign_up(site, role=Role.ADMIN, name="Ada")
    request = asked(ada, 500)
    browser = Visitor(site.test_client(), ada.card)
    browser.client.set_cookie(cookies.SESSION, ada.token)
    page = browser.look(f"/admin/payouts/{request}").text
    assert "This is your own request. Somebody else decides about it." in page
    assert "/approve" not in page
    token = browser.form("/me", "/sign-out")["csrf_token"]
    before = counts(*MOVED)
    answer = browser.client.post(
        f"/admin/payouts/{request}/approve",
        data={"csrf_token": token},
        headers={"Accept": "text/html", "Accept-Language": "en"},
    )
    assert answer.status_code == 403
    assert "Nobody decides about their own payout, or one of an account they opened by a link." in answer.text
    assert counts(*MOVED) == before


def test_whoever_comes_second_is_told_that_the_request_moved_on(site: Flask, admin: Visitor) -> None:
    request = asked(sign_up(site), 500)
    late = admin.form(f"/admin/payouts/{request}", f"/admin/payouts/{request}/hold")
    member(site, role=Role.ADMIN).send(
        f"/admin/payouts/{request}", f"/admin/payouts/{request}/reject", reject_reason="other"
    )
    answer = admin.client.post(
        f"/admin/payouts/{request}/hold", data=late | {"hold_reason": "other"}, headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 409
    assert "The payout request has moved on meanwhile." in answer.text


def test_a_batch_form_sent_twice_makes_one_batch(site: Flask, admin: Visitor) -> None:
    request = asked(sign_up(site), 500)
    admin.send(f"/admin/payouts/{request}", f"/admin/payouts/{request}/approve")
    form = admin.form("/admin/batches", "/admin/batches")
    first, again = (admin.client.post("/admin/batches", data=form) for _ in range(2))
    assert first.status_code == again.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    assert counts("payout_batches")["payout_batches"] == 1


def test_results_that_say_nothing_are_told_so(site: Flask, admin: Visitor) -> None:
    request = asked(sign_up(site), 500)
    admin.send(f"/admin/payouts/{request}", f"/admin/payouts/{request}/approve")
    batch = str(admin.send("/admin/batches", "/admin/batches").headers["Location"])
    other = member(site, role=Role.ADMIN)
    other.send(batch, f"{batch}/release")
    answer = other.send(batch, f"{batch}/results")
    assert answer.status_code == 422
    assert "Say of one payout at least what became of it." in answer.text


def test_the_queue_is_filtered_sorted_and_paged_with_few_statements(site: Flask, admin: Visitor) -> None:
    for number, name in enumerate(["Anna", "Bert", "Carl", *["Dora"] * 20]):
        asked(sign_up(site, name=name), 200 + number)
    with statements() as seen:
        page = admin.look("/admin/payouts")
    assert len(seen) <= 4, seen
    assert page.text.count("data-row") == 20
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following is not None
    assert admin.look(following[1]).text.count("data-row") == 3
    dear = admin.look("/admin/payouts?sort=-amount").text
    assert dear.index("CN¥2.22") < dear.index("CN¥2.21")
    more = re.search(r'rel="next" href="([^"]+)"', dear)
    assert more is not None
    rest = admin.look(more[1].replace("&amp;", "&")).text
    assert re.findall(r"CN¥2\.\d\d", rest) == ["CN¥2.02", "CN¥2.01", "CN¥2.00"]
    assert admin.look("/admin/payouts?name=ert").text.count("data-row") == 1
    assert admin.look("/admin/payouts?channel=alipay").text.count("data-row") == 0
    assert admin.look("/admin/payouts?sort=nonsense&status=nonsense&channel=x").status_code == 200


def test_a_case_costs_a_constant_number_of_statements(site: Flask, admin: Visitor) -> None:
    request = asked(sign_up(site), 500)
    with statements() as seen:
        admin.look(f"/admin/payouts/{request}")
    assert len(seen) <= 18, seen


def test_a_note_stands_in_the_history_by_name_and_none_is_written_empty_or_by_who_is_paid(
    site: Flask, admin: Visitor
) -> None:
    request = asked(sign_up(site, name="Lin"), 500)
    case, act = f"/admin/payouts/{request}", f"/admin/payouts/{request}/notes"
    # when one is left empty, nothing is noted and the field says so where it stands
    before = counts("payout_notes", "audit_entries")
    refused = admin.send(case, act, case_note=" ")
    assert (refused.status_code, 'id="case_note-told"' in refused.text) == (422, True)
    assert counts("payout_notes", "audit_entries") == before
    # and when it is written, it is read where it was written, as text
    assert admin.send(case, act, case_note="called <her>").headers["Location"] == case
    page = admin.look(case).text
    assert "payout case noted on · Ada" in page
    assert "called &lt;her&gt;" in page
    # then who only reads finds no form
    assert act in page
    assert act not in member(site, role=Role.FINANCE, name="Fei").look(case).text


def a_released_batch(site: Flask, admin: Visitor, first: Person, second: Person) -> tuple[str, str, str]:
    """A batch of two, released by another admin: its page, and the two requests, of 6.00 and of 3.00."""
    one, two = asked(first, 600), asked(second, 300)
    for request in (one, two):
        admin.send(f"/admin/payouts/{request}", f"/admin/payouts/{request}/approve")
    batch = str(admin.send("/admin/batches", "/admin/batches").headers["Location"])
    member(site, role=Role.ADMIN, name="Bo").send(batch, f"{batch}/release")
    return batch, one, two


def upload(admin: Visitor, batch: str, table: str, language: str = "en") -> TestResponse:
    hidden = admin.form(batch, f"{batch}/results-file")
    data = {**hidden, "table": (BytesIO(table.encode()), "results.csv")}
    return admin.client.post(f"{batch}/results-file", data=data, headers={"Accept-Language": language})


def test_the_banks_table_ends_a_batch(site: Flask, admin: Visitor) -> None:
    lin, chen = sign_up(site, name="Lin"), sign_up(site, name="Chen")
    batch, one, two = a_released_batch(site, admin, lin, chen)
    table = f"request_id,outcome,reason\n{one},paid,\n{two},failed,account closed\n"
    assert upload(admin, batch, table).status_code == 303
    page = admin.look(batch).text
    assert "done" in page
    assert "<dt>Why it failed</dt><dd>account closed</dd>" in admin.look(f"/admin/payouts/{two}").text
    # and the member reads why
    browser = site.test_client()
    browser.set_cookie(cookies.SESSION, chen.token)
    assert "account closed" in browser.get(f"/payouts/{two}").text


def test_a_table_with_a_bad_line_is_taken_for_nothing_and_each_line_is_named(site: Flask, admin: Visitor) -> None:
    batch, one, two = a_released_batch(site, admin, sign_up(site, name="Lin"), sign_up(site, name="Chen"))
    before = counts(*MOVED, "audit_entries")
    table = f"request_id,outcome,amount\n{one},paid,6.00\n{two},paid,4.00\nnobody,paid,\n"
    refused = upload(admin, batch, table)
    assert refused.status_code == 422
    assert "Some lines cannot be right. Nothing of the file was taken." in refused.text
    assert "Line 3, <code>amount</code>: not what was frozen in the batch" in refused.text
    assert "Line 4, <code>request_id</code>: no id of a payout request" in refused.text
    assert "第 3 行，<code>amount</code>：与批次冻结的内容不符" in upload(admin, batch, table, "zh").text
    assert "This file is no such table" in upload(admin, batch, "nothing of the kind").text
    empty = admin.client.post(f"{batch}/results-file", data=admin.form(batch, f"{batch}/results-file"))
    assert empty.status_code == 422
    assert counts(*MOVED, "audit_entries") == before
