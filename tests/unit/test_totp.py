"""Codes of authenticator apps against the vectors of RFC 6238, and recovery codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from socialshop.signins import totp

# RFC 6238, appendix B: the secret in ASCII; of its eight digits the last six are those of a code of six.
SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(SECRET, at) == code
    assert totp.step_of(SECRET, code, at) == seconds // 30


def test_a_code_counts_a_step_early_and_late_and_no_longer() -> None:
    at = datetime(2026, 3, 1, 12, 0, 15, tzinfo=UTC)
    code, step = totp.code_at(SECRET, at), int(at.timestamp()) // 30
    found = [totp.step_of(SECRET, code, at + timedelta(seconds=off)) for off in (-46, -45, 0, 44, 45)]
    assert found == [None, step, step, step, None]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_what_is_no_code_is_not_good(code: str) -> None:
    assert totp.step_of(SECRET, code, datetime(2026, 3, 1, tzinfo=UTC)) is None


def test_what_an_app_is_told() -> None:
    assert totp.secret_text(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    address = totp.address_of(SECRET, "ada@example.com")
    assert address.startswith("otpauth://totp/socialshop:ada%40example.com?")
    assert {"secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "digits=6", "period=30", "issuer=socialshop"} <= set(
        address.partition("?")[2].split("&")
    )


def test_recovery_codes_differ_and_are_read_however_they_are_written() -> None:
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == totp.RECOVERY_CODES == 10
    code = codes[0]
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    written = (code.lower(), code.replace("-", ""), code.replace("-", " "))
    assert {totp.recovery_hash(one) for one in written} == {totp.recovery_hash(code)}
    assert totp.recovery_hash(codes[1]) != totp.recovery_hash(code)
