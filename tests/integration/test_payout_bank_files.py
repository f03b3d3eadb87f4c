"""A batch as a bank's file: valid by the schema of ISO 20022, the same each time, refused where it cannot be one."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pytest
import xmlschema
from flask import Flask
from pydantic import ValidationError

from socialshop.infra import wired
from socialshop.infra.settings import Settings
from socialshop.payouts import pain001
from socialshop.payouts.pain001 import Message, Payer, Transfer
from tests.integration.test_payout_result_files import send
from tests.integration.test_payouts import TABLES, admins, asked, destination, lin, released
from tests.money_people import IBAN, earn, number_of
from tests.web_client import Person, counts, refusal, sign_up

__all__ = ["admins", "lin"]
SHOP_IBAN = "DE02120300000000202051"
CARD = "6222020000000000000"
_NAMES = {"p": pain001.NAMESPACE}


@lru_cache(maxsize=1)
def the_schema() -> Any:
    return xmlschema.XMLSchema(str(files("sepaxml") / "schemas" / "pain.001.001.09.xsd"))


@pytest.fixture
def paying_shop(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = wired.settings().model_copy(update={"payer_name": "Tea & Co", "payer_iban": SHOP_IBAN})
    monkeypatch.setattr(wired, "settings", lambda: changed)


def take(admin: Person, batch_id: str) -> Any:
    return admin.call("GET", f"/admin/payout-batches/{batch_id}/file?format=pain001")


def said(content: bytes, path: str) -> list[str | None]:
    steps = "/".join(f"p:{step}" for step in path.split("/"))
    return [node.text for node in ET.fromstring(content).iterfind(f".//{steps}", _NAMES)]


@pytest.mark.parametrize(
    ("currency", "amounts", "written"),
    [
        ("EUR", (1, 123_456), ["0.01", "1234.56"]),
        ("CNY", (600, 100), ["6.00", "1.00"]),
        ("JPY", (1, 500), ["1", "500"]),
        ("KWD", (1, 10**12), ["0.001", "1000000000.000"]),
    ],
)
@pytest.mark.parametrize("bic", [None, "COBADEFFXXX"])
def test_a_file_is_valid_by_the_schema_in_any_currency(
    currency: str, amounts: tuple[int, int], written: list[str], bic: str | None
) -> None:
    message = Message(
        "pob-01k9w3q2mxe5tb6v8c4yd7r1hz", datetime(2026, 1, 31, 23, 59, tzinfo=UTC), date(2026, 2, 1), currency
    )
    transfers = [Transfer(f"por-{n}", amount, "林小满 <&>" + "x" * 90, IBAN) for n, amount in enumerate(amounts)]
    content = pain001.write(message, Payer("Tea & Co", SHOP_IBAN, bic), transfers)
    the_schema().validate(content.decode())
    assert said(content, "InstdAmt") == written
    assert said(content, "GrpHdr/NbOfTxs") == said(content, "PmtInf/NbOfTxs") == ["2"]
    assert said(content, "SvcLvl/Cd") == (["SEPA"] if currency == "EUR" else [])
    assert {len(name or "") for name in said(content, "Cdtr/Nm")} == {70 if currency == "EUR" else 97}
    assert pain001.write(message, Payer("Tea & Co", SHOP_IBAN, bic), transfers) == content


def test_the_schema_sees_a_file_that_is_not_valid() -> None:
    message = Message("x" * 36, datetime(2026, 1, 31, tzinfo=UTC), date(2026, 2, 1), "EUR")
    content = pain001.write(message, Payer("Tea", SHOP_IBAN, None), [Transfer("k", 1, "Lin", IBAN)])
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        the_schema().validate(content.decode())


@pytest.mark.usefixtures("paying_shop")
def test_a_released_batch_is_a_file_whose_keys_come_back_with_the_results(lin: Person, admins: list[Person]) -> None:
    first, second = asked(lin, 600), asked(lin, 100)
    batch_id = released(admins, first, second)
    answer = take(admins[2], batch_id)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{batch_id}.xml"'
    the_schema().validate(answer.text)
    keys = said(answer.data, "EndToEndId")
    assert keys == [request.replace("_", "-") for request in (first, second)]
    assert said(answer.data, "GrpHdr/CtrlSum") == ["7.00"]
    assert said(answer.data, "DbtrAcct/Id/IBAN") == [SHOP_IBAN]
    assert said(answer.data, "CdtrAcct/Id/IBAN") == [IBAN, IBAN]
    assert take(admins[2], batch_id).data == answer.data
    told = send(admins[2], batch_id, *(f"{key},paid,," for key in keys))
    assert told.get_json()["status"] == "settled"


def test_without_an_account_to_pay_from_there_is_no_such_file(lin: Person, admins: list[Person]) -> None:
    batch_id = released(admins, asked(lin, 600))
    before = counts(*TABLES)
    assert refusal(take(admins[2], batch_id)) == (422, "payout_file_refused", "format")
    assert counts(*TABLES) == before


@pytest.mark.usefixtures("paying_shop")
def test_what_goes_to_no_iban_is_named_and_nothing_is_written_of_it(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    somebody = sign_up(app)
    earn(number_of(somebody), 100)
    card = asked(somebody, 100, destination(somebody, "bank", CARD))
    batch_id = released(admins, asked(lin, 600), card)
    answer = take(admins[2], batch_id)
    assert refusal(answer) == (422, "payout_file_refused", "format")
    assert answer.get_json()["request_ids"] == [card]
    assert CARD not in answer.text


@pytest.mark.usefixtures("paying_shop")
def test_another_channel_than_the_bank_has_no_such_file(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 100, destination(lin, "alipay", "13800138000"))
    admins[0].call("POST", f"/admin/payout-requests/{request}/approve", json={})
    batch_id = admins[1].call("POST", "/admin/payout-batches", key="k", json={"channel": "alipay"}).get_json()["id"]
    admins[2].call("POST", f"/admin/payout-batches/{batch_id}/release", key="r", json={})
    assert refusal(take(admins[2], batch_id)) == (422, "payout_file_refused", "format")


def test_an_account_to_pay_from_is_an_iban() -> None:
    assert Settings.model_validate({"payer_iban": "DE02 1203 0000 0000 2020 51"}).payer_iban == SHOP_IBAN
    for wrong in ("DE03120300000000202051", "6222020000000000005", ""):
        with pytest.raises(ValidationError):
            Settings.model_validate({"payer_iban": wrong})
