"""The gateway's contract, kept by the real sandbox process: keys, refusals, silence, and books that survive a kill."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from socialshop.infra.outside import OutcomeUnknown, Refused
from socialshop.kernel.money import Money
from socialshop.payments.gateway import SandboxGateway
from socialshop.payments.rules import Outcome, ProviderPayment, Status
from socialshop.payments.sandbox.journal import Damaged, Journal
from tests.payment_shop import SECRET, SandboxProcess

TEA = Money(199000, "CNY")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"), hang_seconds=0)
    process.start()
    yield process
    process.kill()


@pytest.fixture
def gateway(sandbox: SandboxProcess) -> SandboxGateway:
    return sandbox.gateway


def _paid(gateway: SandboxGateway, outcome: Outcome = Outcome.SUCCEEDED) -> ProviderPayment:
    return gateway.pay(_key(), uuid.uuid4(), TEA, outcome)


def _key() -> str:
    return uuid.uuid4().hex


def test_paying_holds_a_capture_takes_and_a_refund_gives_back(gateway: SandboxGateway) -> None:
    held = _paid(gateway)
    assert (held.status, held.captured_minor, held.amount_minor) == (Status.AUTHORIZED, 0, 199000)
    taken = gateway.capture(_key(), held.ref, 199000)
    assert (taken.status, taken.captured_minor) == (Status.CAPTURED, 199000)
    part = gateway.refund(_key(), held.ref, uuid.uuid4(), 99000)
    assert (part.status, part.refunded_minor) == (Status.CAPTURED, 99000)
    whole = gateway.refund(_key(), held.ref, uuid.uuid4(), 100000)
    assert (whole.status, whole.refunded_minor) == (Status.REFUNDED, 199000)
    assert gateway.fetch(held.ref) == whole


def test_a_failed_payment_may_be_paid_again_as_the_same_object(gateway: SandboxGateway) -> None:
    reference = uuid.uuid4()
    failed = gateway.pay(_key(), reference, TEA, Outcome.FAILED)
    paid = gateway.pay(_key(), reference, TEA, Outcome.SUCCEEDED)
    assert (failed.status, paid.status, failed.ref == paid.ref) == (Status.FAILED, Status.AUTHORIZED, True)


def test_a_mandate_pays_later_charges_once_a_key(gateway: SandboxGateway) -> None:
    first = gateway.pay(_key(), uuid.uuid4(), TEA, Outcome.SUCCEEDED, keep=True)
    assert first.mandate is not None
    reference, key = uuid.uuid4(), _key()
    charged = [gateway.charge(key, reference, TEA, first.mandate) for _ in range(3)]
    assert {(each.ref, each.status, each.mandate) for each in charged} == {(charged[0].ref, Status.AUTHORIZED, None)}
    assert gateway.capture(_key(), charged[0].ref, 199000).captured_minor == 199000
    assert _paid(gateway).mandate is None
    assert gateway.pay(_key(), uuid.uuid4(), TEA, Outcome.FAILED, keep=True).mandate is None
    with pytest.raises(Refused, match="no_such_mandate"):
        gateway.charge(_key(), uuid.uuid4(), TEA, "sm_none")


def test_a_mandate_that_was_ended_pays_nothing_more_and_what_it_paid_stands(gateway: SandboxGateway) -> None:
    first = gateway.pay(_key(), uuid.uuid4(), TEA, Outcome.SUCCEEDED, keep=True)
    other = gateway.pay(_key(), uuid.uuid4(), TEA, Outcome.SUCCEEDED, keep=True)
    assert (first.mandate is not None, other.mandate is not None) == (True, True)
    charge, key = _key(), _key()
    reference = uuid.uuid4()
    paid = gateway.charge(charge, reference, TEA, first.mandate or "")
    assert [gateway.end_mandate(key, first.ref).mandate for _ in range(2)] == [None, None]
    assert gateway.fetch(first.ref) == replace(first, mandate=None)
    with pytest.raises(Refused, match="no_such_mandate"):
        gateway.charge(_key(), uuid.uuid4(), TEA, first.mandate or "")
    with pytest.raises(Refused, match="no_such_mandate"):
        gateway.end_mandate(_key(), first.ref)
    assert gateway.charge(charge, reference, TEA, first.mandate or "") == paid
    assert gateway.charge(_key(), uuid.uuid4(), TEA, other.mandate or "").status is Status.AUTHORIZED


def test_a_declined_charge_is_a_failed_payment_that_may_be_paid_again(
    gateway: SandboxGateway, sandbox: SandboxProcess
) -> None:
    mandate = gateway.pay(_key(), uuid.uuid4(), TEA, Outcome.SUCCEEDED, keep=True).mandate
    assert mandate is not None
    reference, key = uuid.uuid4(), _key()
    sandbox.ask("PUT", "/faults", {"decline_percent": 100})
    try:
        failed = gateway.charge(key, reference, TEA, mandate)
    finally:
        sandbox.ask("PUT", "/faults", {})
    # The same key tells the same for ever; another may succeed.
    assert gateway.charge(key, reference, TEA, mandate) == failed
    again = gateway.charge(_key(), reference, TEA, mandate)
    assert (failed.status, again.status, failed.ref == again.ref) == (Status.FAILED, Status.AUTHORIZED, True)


def test_the_same_key_has_its_effect_once_and_its_answer_for_ever(gateway: SandboxGateway) -> None:
    held, key, refund_id = _paid(gateway), _key(), uuid.uuid4()
    taken = [gateway.capture(key, held.ref, 100) for _ in range(3)]
    assert {answer.captured_minor for answer in taken} == {100}
    refund_key = _key()
    assert [gateway.refund(refund_key, held.ref, refund_id, 40).refunded_minor for _ in range(3)] == [40, 40, 40]
    found = gateway.fetch(held.ref)
    assert found is not None
    assert (found.captured_minor, found.refunded_minor) == (100, 40)


def test_a_reused_key_with_other_content_is_refused(gateway: SandboxGateway) -> None:
    held, other, key = _paid(gateway), _paid(gateway), _key()
    gateway.capture(key, held.ref, 100)
    for again in (
        lambda: gateway.capture(key, held.ref, 101),
        lambda: gateway.capture(key, other.ref, 100),
        lambda: gateway.release(key, other.ref),
    ):
        with pytest.raises(Refused, match="key_reused"):
            again()
    assert gateway.fetch(other.ref) == other


def test_what_goes_too_far_is_refused_and_changes_nothing(gateway: SandboxGateway) -> None:
    held = _paid(gateway)
    refused = {
        "over_capture": lambda: gateway.capture(_key(), held.ref, 199001),
        "over_refund": lambda: gateway.refund(_key(), held.ref, uuid.uuid4(), 1),
    }
    for code, call in refused.items():
        with pytest.raises(Refused, match=code):
            call()
    assert gateway.fetch(held.ref) == held
    gateway.capture(_key(), held.ref, 199000)
    gateway.refund(_key(), held.ref, refund_id := uuid.uuid4(), 199000)
    for code, call in {
        "over_capture": lambda: gateway.capture(_key(), held.ref, 1),
        "over_refund": lambda: gateway.refund(_key(), held.ref, uuid.uuid4(), 1),
        "reference_used": lambda: gateway.refund(_key(), held.ref, refund_id, 1),
        "already_captured": lambda: gateway.release(_key(), held.ref),
    }.items():
        with pytest.raises(Refused, match=code):
            call()


def test_nothing_is_taken_after_a_release_or_before_an_authorization(gateway: SandboxGateway) -> None:
    held, failed, reference = _paid(gateway), _paid(gateway, Outcome.FAILED), uuid.uuid4()
    gateway.release(_key(), held.ref)
    for code, call in {
        "already_released": lambda: gateway.capture(_key(), held.ref, 1),
        "not_authorized": lambda: gateway.capture(_key(), failed.ref, 1),
    }.items():
        with pytest.raises(Refused, match=code):
            call()
    with pytest.raises(Refused, match="already_released"):
        gateway.release(_key(), held.ref)
    with pytest.raises(Refused, match="no_such_payment"):
        gateway.capture(_key(), "sp_nothing", 1)
    assert gateway.fetch("sp_nothing") is None
    gateway.pay(_key(), reference, TEA, Outcome.SUCCEEDED)
    with pytest.raises(Refused, match="key_reused"):
        gateway.pay(_key(), reference, Money(1, "CNY"), Outcome.SUCCEEDED)


def test_a_silent_success_is_unknown_and_told_under_its_key(gateway: SandboxGateway) -> None:
    key, reference = _key(), uuid.uuid4()
    with pytest.raises(OutcomeUnknown):
        gateway.pay(key, reference, TEA, Outcome.TIMEOUT)
    assert gateway.pay(key, reference, TEA, Outcome.TIMEOUT).status is Status.AUTHORIZED


def test_faults_by_seed_leave_exactly_one_effect(sandbox: SandboxProcess, gateway: SandboxGateway) -> None:
    held = [_paid(gateway) for _ in range(20)]
    sandbox.ask("PUT", "/faults", {"seed": 7, "silent_percent": 30, "error_percent": 40})
    unknown = 0
    for payment in held:
        key = _key()
        for _ in range(30):
            try:
                gateway.capture(key, payment.ref, 1000)
                break
            except OutcomeUnknown:
                unknown += 1
    sandbox.ask("PUT", "/faults", {})
    assert unknown > 5
    assert {found.captured_minor for p in held if (found := gateway.fetch(p.ref))} == {1000}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/payments", {"reference": "r", "amount_minor": 0, "currency": "CNY"}, 400),
        ("POST", "/payments", {"reference": "r", "amount_minor": True, "currency": "CNY"}, 400),
        ("POST", "/payments", {"reference": "r", "amount_minor": 1}, 400),
        ("POST", "/payments", {"reference": "r", "amount_minor": 1, "currency": "CNY", "more": 1}, 400),
        ("POST", "/payments", [1], 400),
        ("POST", "/payments/sp_1/steal", {}, 404),
        ("GET", "/books", None, 404),
        ("PUT", "/faults", {"seed": -1}, 400),
        ("PUT", "/faults", {"floods": 1}, 400),
    ],
)
def test_nonsense_is_refused(sandbox: SandboxProcess, method: str, path: str, body: object, status: int) -> None:
    assert sandbox.ask(method, path, body, key=_key())[0] == status


def test_a_command_needs_a_key_and_every_call_the_token(sandbox: SandboxProcess) -> None:
    body = {"reference": _key(), "amount_minor": 1, "currency": "CNY"}
    assert sandbox.ask("POST", "/payments", body) == (400, {"code": "key_missing"})
    for token in ("", "wrong", SECRET):
        assert sandbox.ask("POST", "/payments", body, key=_key(), token=token)[0] == 401
        assert sandbox.ask("GET", "/payments", token=token)[0] == 401
    assert sandbox.ask("GET", "/health", token="")[0] == 200


def test_a_killed_provider_knows_all_it_answered(tmp_path: Path) -> None:
    sandbox = SandboxProcess(tmp_path, hang_seconds=0)
    sandbox.start()
    gateway, key = sandbox.gateway, _key()
    held = _paid(gateway)
    taken = gateway.capture(key, held.ref, 500)
    sandbox.kill()
    with pytest.raises(OutcomeUnknown):
        gateway.fetch(held.ref)
    with (tmp_path / "payments.jsonl").open("ab") as books:
        books.write(b'{"key":"cut sho')
    sandbox.start()
    assert gateway.fetch(held.ref) == taken
    assert gateway.capture(key, held.ref, 500) == taken
    with pytest.raises(Refused, match="key_reused"):
        gateway.capture(key, held.ref, 501)
    assert gateway.refund(_key(), held.ref, uuid.uuid4(), 500).status is Status.REFUNDED
    sandbox.kill()


def test_damaged_books_and_a_second_owner_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "payments.jsonl"
    with Journal(path), pytest.raises(Damaged, match="owns"):
        Journal(path)
    path.write_bytes(b"not json\n{}\n")
    with pytest.raises(Damaged, match="line 1"):
        Journal(path)


def test_there_is_no_sandbox_in_production(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "socialshop.payments.sandbox", "--port", "1", "--books", str(tmp_path / "b")]
    environment = {"SOCIALSHOP_ENVIRONMENT": "production", "SOCIALSHOP_SANDBOX_SECRET": SECRET, "PATH": ""}
    began = time.monotonic()
    found = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=30)
    assert (found.returncode, b"does not run in production" in found.stderr) == (1, True)
    assert time.monotonic() - began < 30
    assert not (tmp_path / "b").exists()
