"""Stripe behind the gateway's protocol, over real HTTP: amounts, states, keys, refusals, notices, a whole payment."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe
from flask import Flask
from payment_shop import PaymentShop, a_member, an_order, payment_shop, rows
from pydantic import SecretStr, ValidationError
from web_client import refusal, sign_up

from socialshop.app import create_app
from socialshop.infra.outside import OutcomeUnknown, Refused
from socialshop.infra.settings import Settings
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.payments import service as payments
from socialshop.payments.errors import NoticeMalformed, WebhookRefused
from socialshop.payments.rules import DisputeStatus, MovementKind, Outcome, Status
from socialshop.payments.stripe.amounts import NotPayable, from_stripe, to_stripe
from socialshop.payments.stripe.gateway import StripeGateway
from socialshop.payments.stripe.shapes import STATES
from tests.stripe_server import KEY, WEBHOOK_SECRET, Books, stripe_server
from workers import schedule

TEA = Money(199_000, "CNY")


@pytest.fixture
def stripes() -> Iterator[tuple[StripeGateway, Books]]:
    with stripe_server() as books:
        yield StripeGateway(books.url, KEY, WEBHOOK_SECRET), books


def key() -> str:
    return uuid.uuid4().hex


def held(gateway: StripeGateway, books: Books, amount: Money = TEA, *, keep: bool = False) -> str:
    """The ref of a payment whose money the bank holds."""
    made = gateway.pay(key(), uuid.uuid4(), amount, Outcome.SUCCEEDED, keep=keep)
    books.pay(made.ref)
    return made.ref


@pytest.mark.parametrize(
    ("minor", "currency", "units"),
    [
        (1990, "CNY", 1990),
        (1990, "JPY", 1990),  # no decimals on either side
        (1_000, "KWD", 1_000),  # three decimals, in tens
        (5, "UGX", 500),  # none by ISO 4217, written with two at Stripe
        (5, "ISK", 500),
        (500, "MGA", 5),  # two by ISO 4217, none at Stripe
        (1990, "HUF", 1990),
    ],
)
def test_amounts_are_the_same_money_both_ways(minor: int, currency: str, units: int) -> None:
    assert (to_stripe(minor, currency), from_stripe(units, currency)) == (units, minor)


@pytest.mark.parametrize(("minor", "currency"), [(1_001, "KWD"), (550, "MGA"), (1, "IQD"), (1, "CLF"), (1, "XXX")])
def test_what_stripe_cannot_take_is_refused_before_it_is_asked(
    stripes: tuple[StripeGateway, Books], minor: int, currency: str
) -> None:
    gateway, books = stripes
    with pytest.raises(NotPayable):
        to_stripe(minor, currency)
    with pytest.raises(Refused, match="not_supported"):
        gateway.pay(key(), uuid.uuid4(), Money(minor, currency), Outcome.SUCCEEDED)
    assert books.asked == []


def test_every_state_of_a_payment_intent_has_its_own() -> None:
    documented = {
        *("requires_payment_method", "requires_confirmation", "requires_action", "processing"),
        *("requires_capture", "succeeded", "canceled"),
    }
    assert documented == STATES.keys()


def test_a_payment_is_held_taken_in_part_and_given_back(stripes: tuple[StripeGateway, Books]) -> None:
    gateway, books = stripes
    reference = uuid.uuid4()
    made = gateway.pay(key(), reference, TEA, Outcome.SUCCEEDED)
    assert (made.status, made.reference, made.amount_minor, made.currency) == (
        Status.CREATED,
        reference,
        199_000,
        "CNY",
    )
    books.decline(made.ref)
    failed = gateway.fetch(made.ref)
    assert failed is not None
    assert failed.status is Status.FAILED
    assert gateway.pay(key(), reference, TEA, Outcome.SUCCEEDED).ref == made.ref
    books.pay(made.ref, "fp_blue")
    found = gateway.fetch(made.ref)
    assert found is not None
    assert (found.status, found.instrument) == (Status.AUTHORIZED, "fp_blue")
    assert found.capture_before is not None
    assert timedelta(days=6) < found.capture_before - datetime.now(UTC) <= timedelta(days=7)
    taken = gateway.capture(key(), made.ref, 150_000)
    assert (taken.status, taken.captured_minor) == (Status.CAPTURED, 150_000)
    refund_id, refund_key = uuid.uuid4(), key()
    parts = [gateway.refund(refund_key, made.ref, refund_id, 50_000) for _ in range(2)]
    assert [(one.refunded_minor, one.refunds[0].reference) for one in parts] == [(50_000, str(refund_id))] * 2
    assert gateway.refund(key(), made.ref, uuid.uuid4(), 100_000).status is Status.REFUNDED
    released = held(gateway, books)
    assert gateway.release(key(), released).status is Status.RELEASED


def test_what_goes_too_far_is_refused_and_changes_nothing(stripes: tuple[StripeGateway, Books]) -> None:
    gateway, books = stripes
    ref, reused = held(gateway, books), key()
    with pytest.raises(Refused, match="amount_too_large"):
        gateway.capture(key(), ref, 199_001)
    with pytest.raises(Refused, match="unexpected_state"):
        gateway.refund(key(), ref, uuid.uuid4(), 1)
    gateway.capture(reused, ref, 100_000)
    with pytest.raises(Refused, match="key_reused"):
        gateway.capture(reused, ref, 100_001)
    with pytest.raises(Refused, match="charge_already_refunded"):
        gateway.refund(key(), ref, uuid.uuid4(), 100_001)
    with pytest.raises(Refused, match="unexpected_state"):
        gateway.release(key(), ref)
    found = gateway.fetch(ref)
    assert found is not None
    assert (found.captured_minor, found.refunded_minor) == (100_000, 0)
    assert gateway.fetch("pi_nothing") is None


@pytest.mark.parametrize(("status", "after"), [(500, False), (500, True), (503, True), (429, False), (409, False)])
def test_an_answer_that_says_nothing_is_unknown_and_its_key_tells(
    stripes: tuple[StripeGateway, Books], status: int, after: bool
) -> None:
    gateway, books = stripes
    ref, capture_key = held(gateway, books), key()
    books.breaks = ("/capture", status, after)
    with pytest.raises(OutcomeUnknown):
        gateway.capture(capture_key, ref, 1_000)
    assert gateway.capture(capture_key, ref, 1_000).captured_minor == 1_000
    assert len([one for one in books.entries if one["reporting_category"] == "charge"]) == 1


def test_a_wrong_key_or_nobody_there_is_no_refusal_and_tells_no_secret(
    stripes: tuple[StripeGateway, Books], caplog: pytest.LogCaptureFixture
) -> None:
    _, books = stripes
    with caplog.at_level(logging.DEBUG):
        for url, secret in ((books.url, "sk_test_wrong"), ("http://127.0.0.1:9", KEY)):
            with pytest.raises(OutcomeUnknown) as told:
                StripeGateway(url, secret, "whsec_x").fetch("pi_1")
            assert not {"sk_test", KEY} & set(str(told.value).split())
    assert ("sk_test_wrong" in caplog.text, KEY in caplog.text) == (False, False)
    assert books.entries == []


def test_a_mandate_charges_later_and_a_declined_charge_is_a_failed_payment(
    stripes: tuple[StripeGateway, Books],
) -> None:
    gateway, books = stripes
    first = gateway.fetch(held(gateway, books, keep=True))
    assert first is not None
    assert first.mandate is not None
    reference, again = uuid.uuid4(), key()
    paid = [gateway.charge(again, reference, TEA, first.mandate) for _ in range(2)]
    assert {(one.ref, one.status) for one in paid} == {(paid[0].ref, Status.AUTHORIZED)}
    books.find(first.mandate.partition("/")[2])["empty"] = True
    other = uuid.uuid4()
    failed = gateway.charge(key(), other, TEA, first.mandate)
    books.find(first.mandate.partition("/")[2])["empty"] = False
    # Days later the first key is forgotten there; the object is named by the shop.
    books.keys.clear()
    second = gateway.charge(key(), other, TEA, first.mandate, ref=failed.ref)
    assert (failed.status, second.status, second.ref == failed.ref) == (Status.FAILED, Status.AUTHORIZED, True)
    gateway.end_mandate(key(), first.ref)
    with pytest.raises(Refused, match="payment_method_not_available"):
        gateway.charge(key(), uuid.uuid4(), TEA, first.mandate)


def test_records_tell_of_captures_refunds_disputes_and_fees_page_by_page(stripes: tuple[StripeGateway, Books]) -> None:
    gateway, books = stripes
    ref, refund_id = held(gateway, books), uuid.uuid4()
    gateway.capture(key(), ref, 100_000)
    gateway.refund(key(), ref, refund_id, 10_000)
    dispute = books.dispute(ref, 90_000)
    with pytest.raises(Refused, match="charge_disputed"):
        gateway.refund(key(), ref, uuid.uuid4(), 1)
    (standing,) = gateway.fetch(ref).disputes  # type: ignore[union-attr]
    assert (standing.amount_minor, standing.reason, standing.status) == (90_000, "fraudulent", DisputeStatus.OPEN)
    books.close(dispute, "won")
    assert gateway.fetch(ref).disputes[0].status is DisputeStatus.WON  # type: ignore[union-attr]
    books.entries.insert(0, {**books.new("txn"), "reporting_category": "payout", "source": dispute["id"]})
    now = datetime.now(UTC)
    found = gateway.movements(now - timedelta(hours=1), now + timedelta(hours=1))
    assert [(one.kind, one.amount_minor, one.fee_minor, one.payment_ref) for one in found] == [
        (MovementKind.DISPUTE_WON, 90_000, 0, ref),
        (MovementKind.DISPUTED, 90_000, 1_500, ref),
        (MovementKind.REFUNDED, 10_000, 0, ref),
        (MovementKind.CAPTURED, 100_000, 2_900, ref),
    ]
    assert [one.item for one in found] == [dispute["id"], dispute["id"], str(refund_id), None]
    assert gateway.movements(now + timedelta(hours=1), now + timedelta(hours=2)) == []


def signed(body: bytes, at: int, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """As Stripe's own library signs."""
    made = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp=at)
    return {"stripe-signature": made}


def test_a_notice_is_believed_if_stripe_signed_it_within_five_minutes(stripes: tuple[StripeGateway, Books]) -> None:
    gateway, _ = stripes
    now = int(time.time())
    about = {"object": {"id": "dp_1", "object": "dispute", "payment_intent": "pi_1"}}
    body = json.dumps({"id": "evt_1", "type": "charge.dispute.created", "data": about}).encode()
    at = datetime.fromtimestamp(now, UTC)
    for header in (
        signed(body, now),
        {"stripe-signature": f"t={now},v1=00,{signed(body, now)['stripe-signature'][13:]}"},
    ):
        notice = gateway.read_notice(header, body, at)
        assert (notice.event_id, notice.kind, notice.ref) == ("evt_1", "charge.dispute.created", "pi_1")
    for headers, when in (
        ({}, at),
        (signed(body, now, "whsec_other"), at),
        (signed(body + b" ", now), at),
        (signed(body, now), at + timedelta(seconds=301)),
        (signed(body, now), at - timedelta(seconds=301)),
        ({"stripe-signature": "t=x,v1=y"}, at),
        ({"stripe-signature": signed(body, now)["stripe-signature"].replace("v1", "v0")}, at),
    ):
        with pytest.raises(WebhookRefused):
            gateway.read_notice(headers, body, when)
    for nonsense in (b"[]", b"{}", b'{"id": "e", "type": "t", "data": {"object": {"id": 7}}}'):
        with pytest.raises(NoticeMalformed):
            gateway.read_notice(signed(nonsense, now), nonsense, at)


def test_a_payment_lives_its_whole_life_at_stripe_and_the_books_agree(app: Flask, tmp_path: Path) -> None:
    """Paid at Stripe without a word, found by the poller; captured, refunded, disputed, lost; the day has no case."""
    with payment_shop(app, tmp_path) as shop, stripe_server() as books:
        app.extensions["socialshop_payment_gateways"] = {"stripe": StripeGateway(books.url, KEY, WEBHOOK_SECRET)}
        view = _opened_at_stripe(shop)
        (ref,) = rows("SELECT provider_ref FROM payments")[0]
        books.pay(ref)
        shop.clock.advance(timedelta(seconds=15))
        in_unit_of_work(payments.poll, shop.clock)
        shop.work()
        assert rows("SELECT status FROM payments") == [("authorized",)]
        shop.capture(view)
        shop.work()
        shop.refund(view, 200)
        shop.work()
        dispute = books.dispute(ref, 700)
        body = json.dumps({"id": "evt_1", "type": "charge.dispute.created", "data": {"object": dispute}}).encode()
        headers = {"Stripe-Signature": signed(body, int(shop.clock.now().timestamp()))["stripe-signature"]}
        address = "/api/v1/webhooks/payments/stripe"
        client = app.test_client()
        sent = [client.post(address, data=body, headers=headers, content_type="application/json") for _ in range(2)]
        assert [(one.status_code, one.get_json()["status"]) for one in sent] == [(202, "stored"), (202, "known")]
        shop.work()
        assert rows("SELECT status FROM payment_disputes") == [("open",)]
        books.close(dispute, "lost")
        shop.clock.advance(timedelta(minutes=11))
        in_unit_of_work(payments.poll, shop.clock)
        shop.work()
        assert rows("SELECT status FROM payment_disputes") == [("lost",)]
        shop.clock.advance(timedelta(days=1))
        in_unit_of_work(schedule.read_provider_records, shop.clock)
        shop.work()
        with unit_of_work() as uow:
            kept = 29 + 1_500
            assert ledger.balance(uow, "provider:stripe:clearing", "CNY") == -1_000 + 200 + 700 + kept
        assert rows("SELECT count(*) FROM reconciliation_cases") == [(0,)]
        assert rows("SELECT sum(compared), sum(differences) FROM reconciliations WHERE done_at IS NOT NULL") == [(3, 0)]


def _opened_at_stripe(shop: PaymentShop) -> payments.PaymentView:
    with unit_of_work(shop.clock) as uow:
        number, order_id = a_member(uow), uuid.uuid4()
        view = payments.create_intent(
            uow,
            order_id=order_id,
            payer=number,
            amount=Money(1_000, "CNY"),
            escrow_id=uuid.uuid4(),
            provider="stripe",
        )
        an_order(uow, order_id, number, 1_000)
    with unit_of_work(shop.clock) as uow:
        gateways = shop.app.extensions["socialshop_payment_gateways"]
        payments.pay(uow, gateways, view.id, number, Outcome.SUCCEEDED)
    shop.work()
    return view


def test_a_buyer_pays_at_stripe_by_a_secret_of_the_payments_own(app: Flask, tmp_path: Path) -> None:
    """Given a payment at Stripe; when its buyer asks; then the browser gets the secret, until it is paid."""
    buyer, other = sign_up(app), sign_up(app)
    with payment_shop(app, tmp_path) as shop, stripe_server() as books:
        gateways = {**shop.gateways, "stripe": StripeGateway(books.url, KEY, WEBHOOK_SECRET)}
        app.extensions["socialshop_payment_gateways"] = gateways
        number = int(rows("SELECT number FROM members WHERE id = :id", id=buyer.card.member_id)[0][0])
        with unit_of_work(shop.clock) as uow:
            order_id, amount = uuid.uuid4(), Money(1_000, "CNY")
            more = {"payer": number, "amount": amount, "escrow_id": uuid.uuid4(), "provider": "stripe"}
            view = payments.create_intent(uow, order_id=order_id, **more)  # type: ignore[arg-type]
            an_order(uow, order_id, number, 1_000)
        path = f"/payments/{to_public('pay', view.id)}/hand-over"
        assert buyer.call("GET", path).get_json()["client_secret"] is None
        assert [buyer.call("POST", path).status_code for _ in range(2)] == [202, 202]
        shop.work()
        assert buyer.call("POST", path).status_code == 202
        shop.work()
        assert len(books.all_of("payment_intent")) == 1
        (intent,) = books.all_of("payment_intent")
        told = buyer.call("GET", path).get_json()
        assert (told["provider"], told["client_secret"]) == ("stripe", intent["client_secret"])
        assert [refusal(other.call(method, path))[0] for method in ("GET", "POST")] == [404, 404]
        assert intent["client_secret"].encode() not in bytes(rows("SELECT hand_over FROM payments")[0][0])
        books.pay(intent["id"])
        shop.clock.advance(timedelta(seconds=15))
        in_unit_of_work(payments.poll, shop.clock)
        shop.work()
        assert buyer.call("GET", path).get_json()["client_secret"] is None
        assert rows("SELECT status, hand_over FROM payments") == [("authorized", None)]
        mine = to_public("pay", shop.open_for(number).id)
        assert refusal(buyer.call("POST", f"/payments/{mine}/hand-over"))[:2] == (404, "not_found")


def test_stripe_is_set_up_by_both_secrets_and_goes_nowhere_else(database_url: str, redis_url: str) -> None:
    secrets = {"stripe_secret_key": SecretStr(KEY), "stripe_webhook_secret": SecretStr(WEBHOOK_SECRET)}
    servers = {"database_url": SecretStr(database_url), "redis_url": SecretStr(redis_url), "secret_key": SecretStr("x")}
    for wrong in (
        {"stripe_secret_key": SecretStr(KEY)},
        {"payment_provider": "stripe"},
        {**secrets, "stripe_url": "https://stripe.example"},
        {**secrets, "stripe_url": "http://127.0.0.1:1", "environment": "production"},
    ):
        with pytest.raises(ValidationError):
            Settings(**wrong)  # type: ignore[arg-type]
    settings = Settings(payment_provider="stripe", **secrets, **servers)  # type: ignore[arg-type]
    assert list(create_app(settings).extensions["socialshop_payment_gateways"]) == ["stripe"]
    assert KEY not in repr(settings)
