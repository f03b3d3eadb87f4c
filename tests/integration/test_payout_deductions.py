"""Tax and fees of payouts: told before, posted with the payout, taken back with it, net to the bank."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import from_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from tests.integration.test_payees import past_the_program
from tests.integration.test_payout_bank_files import paying_shop, said, take, the_schema
from tests.integration.test_payout_result_files import send
from tests.integration.test_payouts import admins, ask, destination, lin, released, results
from tests.money_people import balance_of, number_of, wallet_of
from tests.payment_shop import rows
from tests.payout_audit import faults
from tests.web_client import Person, counts, refusal

__all__ = ["admins", "lin", "paying_shop"]
# Nothing of the first 100 of a month, a fifth of all above; a fee of 10 and one percent, at most 15.
TAX = {
    "country": "CN",
    "kind": "person",
    "currency": "CNY",
    "span": "month",
    "bands": [{"from_minor": 0, "rate_bps": 0}, {"from_minor": 100, "rate_bps": 2_000}],
    "rounding": "half_up",
    "law": "The law of the test, article 1",
}
FEE = {"channel": "bank", "currency": "CNY", "fixed_minor": 10, "rate_bps": 100, "most_minor": 15}


def published(admin: Person) -> None:
    on = {"from_on": rows("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date")[0][0].isoformat()}
    assert admin.call("POST", "/admin/tax-tables", json=TAX | on).status_code == 201
    assert admin.call("POST", "/admin/payout-fees", json=FEE | on).status_code == 201


def sums(shown: Any, *names: str) -> list[int]:
    return [shown[name]["amount_minor"] for name in names or ("amount", "tax", "fee", "net")]


def quoted(person: Person, to: str, amount: int) -> list[int]:
    body = {"amount_minor": amount, "destination_id": to}
    return sums(person.call("POST", "/me/payout-quotes", json=body).get_json())


def deducted() -> dict[str, int]:
    return {name: balance_of(name) for name in ("payout:bank:clearing", "shop:tax_withheld", "shop:provider_fees")}


@pytest.mark.usefixtures("paying_shop")
def test_the_bank_gets_the_net_and_what_comes_back_takes_its_tax_along(lin: Person, admins: list[Person]) -> None:
    # given a table and a fee that are in force, and a member who was shown what they take
    published(admins[0])
    to = destination(lin)
    assert quoted(lin, to, 600) == [600, 100, 15, 485]
    # when 600 are asked for, approved and released
    made = ask(lin, 600, to).get_json()
    assert sums(made) == [600, 100, 15, 485]
    batch_id = released(admins, made["id"])
    # then batch, table and bank's file say the net, and a table of results that says otherwise is refused
    shown = admins[0].call("GET", f"/admin/payout-batches/{batch_id}").get_json()
    assert shown["total"]["amount_minor"] == 485
    assert sums(shown["items"][0], "amount", "gross", "tax", "fee") == [485, 600, 100, 15]
    table = admins[2].call("GET", f"/admin/payout-batches/{batch_id}/file?format=csv").text
    assert [row["amount_minor"] for row in csv.DictReader(io.StringIO(table))] == ["485"]
    xml = take(admins[2], batch_id).data
    the_schema().validate(xml.decode())
    assert said(xml, "InstdAmt") == ["4.85"]
    before = counts("ledger_entries", "audit_entries")
    lying = send(admins[1], batch_id, f"{made['id']},paid,600", header="request_id,outcome,amount_minor")
    assert [(line["line"], line["field"]) for line in lying.get_json()["lines"]] == [(2, "amount_minor")]
    assert counts("ledger_entries", "audit_entries") == before
    # when it is paid, then one entry posts all three; when it comes back, all three are nothing again
    assert results(admins[1], batch_id, **{made["id"]: "paid"}).status_code == 200
    assert deducted() == {"payout:bank:clearing": 485, "shop:tax_withheld": 100, "shop:provider_fees": 15}
    assert rows("SELECT count(*) FROM ledger_entries WHERE kind = 'payout_paid'") == [(1,)]
    assert (wallet_of(number_of(lin)).available, faults()) == (400, {})
    assert results(admins[1], batch_id, **{made["id"]: "returned"}).status_code == 200
    assert set(deducted().values()) == {0}
    assert (wallet_of(number_of(lin)).available, faults()) == (1_000, {})


def test_a_month_is_taxed_as_one_and_what_came_to_nothing_is_made_up_for(lin: Person, admins: list[Person]) -> None:
    # What was asked for before there was a table is not made up for.
    to = destination(lin)
    assert sums(ask(lin, 100, to).get_json()) == [100, 0, 0, 100]
    published(admins[0])
    first = ask(lin, 500, to).get_json()
    assert sums(first) == [500, 80, 15, 405]
    assert sums(ask(lin, 300, to).get_json()) == [300, 60, 13, 227]
    # The first is taken back: by the second 60 were withheld of what is 40 now, so the next 100 owe nothing more.
    assert lin.call("DELETE", f"/payout-requests/{first['id']}").status_code == 204
    assert quoted(lin, to, 100) == [100, 0, 11, 89]
    assert sums(ask(lin, 100, to).get_json()) == [100, 0, 11, 89]
    # Whoever agreed to something else is told, and nothing is reserved.
    before = counts("payout_requests", "ledger_entries")
    body = {"amount_minor": 200, "destination_id": to, "net_minor": 200}
    refused = lin.call("POST", "/payout-requests", key="other", json=body)
    assert refusal(refused) == (422, "invalid_value", "amount_minor")
    assert counts("payout_requests", "ledger_entries") == before
    assert faults() == {}


def test_a_version_changes_nothing_of_before_and_begins_today_at_the_earliest(
    lin: Person, admins: list[Person]
) -> None:
    published(admins[0])
    to = destination(lin)
    made = ask(lin, 300, to).get_json()
    # A second version of the fee, from today on as well: the newest is in force, what was asked for stays.
    today = admins[0].call("GET", "/admin/payout-fees").get_json()["data"][0]["from_on"]
    free = {**FEE, "fixed_minor": 0, "rate_bps": 0, "from_on": today}
    assert admins[1].call("POST", "/admin/payout-fees", json=free).status_code == 201
    assert quoted(lin, to, 100)[2] == 0
    assert sums(lin.call("GET", f"/payout-requests/{made['id']}").get_json()) == [300, 40, 13, 247]
    key = from_public("por", made["id"])
    with pytest.raises(DatabaseError, match="refused"):
        past_the_program("UPDATE payout_requests SET tax_minor = 0 WHERE id = :id", id=key)
    with pytest.raises(DatabaseError, match="refused"):
        past_the_program("UPDATE payout_fees SET fixed_minor = 0")
    # A business, another country and another currency have no table here.
    lin.call("PATCH", "/me/payee", json={"real_name": "Lin Xiaoman", "kind": "business"})
    assert quoted(lin, to, 300)[1] == 0
    for wrong, field in (
        ({**TAX, "from_on": "2020-01-01"}, "from_on"),
        ({**TAX, "from_on": "2040-01-02", "to_on": "2040-01-01"}, "to_on"),
        ({**TAX, "from_on": "2040-01-01", "bands": [{"from_minor": 5, "rate_bps": 0}]}, "bands"),
    ):
        assert refusal(admins[0].call("POST", "/admin/tax-tables", json=wrong)) == (422, "invalid_value", field)
    assert rows("SELECT count(*) FROM tax_tables") == [(1,)]
    told = rows("SELECT action, count(*) FROM audit_entries WHERE action LIKE '%.published' GROUP BY 1 ORDER BY 1")
    assert told == [("payout_fee.published", 2), ("tax_table.published", 1)]


def certified(person: Person) -> Any:
    year = int(rows("SELECT extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')")[0][0])
    return person.call("POST", "/me/tax-certificates", json={"year": year})


def test_a_year_is_certified_by_number_and_corrected_when_a_payout_comes_back(
    lin: Person, admins: list[Person]
) -> None:
    published(admins[0])
    to = destination(lin)
    assert refusal(certified(lin))[:2] == (404, "not_found")
    assert refusal(lin.call("POST", "/me/tax-certificates", json={"year": 9999})) == (422, "invalid_value", "year")
    # given two payouts that were paid, 100 and 40 withheld
    made = [ask(lin, amount, to).get_json()["id"] for amount in (600, 200)]
    batch_id = released(admins, *made)
    results(admins[1], batch_id, **dict.fromkeys(made, "paid"))
    # when the year is certified, then it is numbered, sums both, and is the same when asked for again
    first = certified(lin).get_json()
    assert (first["number"][4:], first["payouts"], *sums(first, "gross", "tax")) == ("-000001", 2, 800, 140)
    assert first["content_hash"] == hashlib.sha256(first["content"].encode()).hexdigest()
    assert certified(lin).get_json() == first
    # when one comes back, then another replaces it, less by that one to the minor unit; both stay
    results(admins[1], batch_id, **{made[0]: "returned"})
    second = certified(lin).get_json()
    assert (second["number"][4:], second["payouts"], *sums(second, "gross", "tax")) == ("-000002", 1, 200, 40)
    assert second["replaces"] == first["number"]
    listed = lin.call("GET", "/me/tax-certificates").get_json()["data"]
    assert [one["number"] for one in listed] == [second["number"], first["number"]]
    assert balance_of("shop:tax_withheld") == 40
    with pytest.raises(DatabaseError, match="ck_tax_certificates_content_hash"):
        past_the_program(
            "INSERT INTO tax_certificates SELECT gen_random_uuid(), member_id, year, 9, currency, payouts, gross_minor,"
            " tax_minor, content || 'x', content_hash, NULL, issued_at FROM tax_certificates LIMIT 1"
        )


def test_a_statement_says_what_stands_behind_a_payout_and_what_it_paid_of_a_debt(
    lin: Person, admins: list[Person]
) -> None:
    published(admins[0])
    made = ask(lin, 600).get_json()["id"]
    path = f"/payout-requests/{made}/statement"
    assert lin.call("GET", path).get_json()["statement_hash"] is None
    batch_id = released(admins, made)
    results(admins[1], batch_id, **{made: "paid"})
    before = lin.call("GET", path).get_json()
    # given a debt of 50 since then, when the payout comes back, then it pays that first and the statement says so
    number = number_of(lin)
    debt = (Posting(chart.member_receivable(number), -50, "CNY"), Posting(chart.COMMISSION_EXPENSE, 50, "CNY"))
    in_unit_of_work(lambda uow: ledger.post(uow, [Entry("clawback:test", "clawback", debt)]))
    results(admins[1], batch_id, **{made: "returned"})
    shown = lin.call("GET", path).get_json()
    assert sums(shown, "amount", "tax", "fee", "net", "netted") == [600, 100, 15, 485, 50]
    assert wallet_of(number).available == 950
    facts = [str(from_public("por", made)), "CNY", "returned", "600", "100", "15", "485", "50"]
    parts = sorted((str(from_public("acr", part["id"])), part["part"]["amount_minor"]) for part in shown["accruals"])
    text = "socialshop payout statement 1\n" + "\t".join(facts) + "\n" + "".join(f"{a}\t{m}\n" for a, m in parts)
    assert sum(minor for _, minor in parts) == 600
    assert shown["statement_hash"] == hashlib.sha256(text.encode()).hexdigest() != before["statement_hash"]
