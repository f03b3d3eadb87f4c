"""What a payout may go to: check digits, lengths, handles; and what a frozen batch hashes to."""

from __future__ import annotations

import hashlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialshop.kernel.errors import InvalidValue
from socialshop.payouts.rules import (
    Channel,
    Item,
    batch_hash,
    checked_account,
    checked_holder,
)

# The examples of the IBAN registry.
IBANS = (
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "BE68539007547034",
    "MT84MALT011000012345MTLCAST001S",
    "SA0380000000608010167519",
    "LC55HEMM000100010012001200023015",
)
# A number that card networks publish for tests.
CARD = "4111111111111111"


def is_account(account: str) -> bool:
    """Whether a bank may be told of it."""
    try:
        checked_account(Channel.BANK, account)
    except InvalidValue:
        return False
    return True


@pytest.mark.parametrize("iban", IBANS)
def test_an_iban_is_taken_in_capitals_without_spaces(iban: str) -> None:
    printed = " ".join(iban[i : i + 4] for i in range(0, len(iban), 4)).lower()
    assert checked_account(Channel.BANK, f" {printed} ") == iban


@pytest.mark.parametrize("iban", IBANS)
def test_any_one_wrong_character_of_an_iban_is_found(iban: str) -> None:
    for place in range(2, len(iban)):
        for other in "0123456789":
            if iban[place].isdigit() and other != iban[place]:
                assert not is_account(iban[:place] + other + iban[place + 1 :])


@pytest.mark.parametrize("iban", IBANS)
def test_two_neighbours_of_an_iban_swapped_are_found(iban: str) -> None:
    for place in range(4, len(iban) - 1):
        if iban[place] != iban[place + 1]:
            swapped = iban[:place] + iban[place + 1] + iban[place] + iban[place + 2 :]
            assert not is_account(swapped)


@pytest.mark.parametrize("written", [CARD, "4111 1111 1111 1111", " 4111\t11111111 1111 "])
def test_a_card_is_taken_with_or_without_spaces(written: str) -> None:
    assert checked_account(Channel.BANK, written) == CARD


@given(st.text("0123456789", min_size=15, max_size=18))
def test_exactly_one_check_digit_completes_a_card_number(digits: str) -> None:
    fitting = [digit for digit in "0123456789" if is_account(digits + digit)]
    assert len(fitting) == 1
    assert checked_account(Channel.BANK, digits + fitting[0]) == digits + fitting[0]
    wrong = digits + str((int(fitting[0]) + 1) % 10)
    with pytest.raises(InvalidValue, match="no card number"):
        checked_account(Channel.BANK, wrong)


@pytest.mark.parametrize(
    "account",
    [
        "",
        "DE",
        "DE89",
        "DE8937040044053201300",
        "de8937040044053201300O",
        "DE89-3704-0044-0532-0130-00",
        "XX" + "0" * 40,
        "4111111111111112",
        "411111111111111",
        "٤١١١١١١١١١١١١١١١",
        "=1+1",
    ],
)
def test_what_is_no_bank_account_is_refused_by_field_and_not_echoed(account: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        checked_account(Channel.BANK, account)
    assert refused.value.field == "account"
    assert not account or account not in refused.value.detail or len(account) < 4


@pytest.mark.parametrize(
    "iban",
    [
        pytest.param("NO8586011117947000", id="too long for Norway"),
        pytest.param("DE5137040044053201300", id="too short for Germany"),
        pytest.param("DE583704004405320130AB", id="letters where Germany has digits"),
        pytest.param("ZZ8137040044053201300", id="no country with IBANs"),
    ],
)
def test_an_iban_that_its_country_has_not_is_refused_though_its_check_digits_fit(iban: str) -> None:
    assert int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1
    with pytest.raises(InvalidValue, match="no IBAN of its country"):
        checked_account(Channel.BANK, iban)


@pytest.mark.parametrize(
    ("channel", "account", "kept"),
    [
        (Channel.ALIPAY, " 138 0013 8000 ", "13800138000"),
        (Channel.ALIPAY, "lin@Example.com", "lin@example.com"),
        (Channel.ALIPAY, "2088123456789012", "2088123456789012"),
        (Channel.WECHAT, "lin_xiaoman-7", "lin_xiaoman-7"),
        (Channel.WECHAT, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
    ],
)
def test_a_handle_of_its_channel_is_taken(channel: Channel, account: str, kept: str) -> None:
    assert checked_account(channel, account) == kept


@pytest.mark.parametrize(
    ("channel", "account"),
    [
        (Channel.ALIPAY, "12800138000"),
        (Channel.ALIPAY, "1380013800"),
        (Channel.ALIPAY, "lin"),
        (Channel.ALIPAY, "=cmd@example.com"),
        (Channel.ALIPAY, "+86@example.com"),
        (Channel.WECHAT, "7lin_xiaoman"),
        (Channel.WECHAT, "lin"),
        (Channel.WECHAT, "林小满林小满"),
        (Channel.WECHAT, "a" * 21),
    ],
)
def test_what_is_no_handle_of_its_channel_is_refused(channel: Channel, account: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        checked_account(channel, account)
    assert refused.value.field == "account"


@pytest.mark.parametrize("holder", ["", "  ", "=SUM(A1)", "+1", "-1", "@x", "a\tb", "a\nb", "x" * 101])
def test_a_holder_that_a_spreadsheet_would_run_or_a_file_would_break_on_is_refused(holder: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        checked_holder(holder)
    assert refused.value.field == "holder"


def test_a_holder_is_kept_without_space_around_it() -> None:
    assert checked_holder("  林 小满 ") == "林 小满"


def test_a_batch_hashes_to_its_canonical_text_whatever_the_order_of_its_items() -> None:
    batch, one, two = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
    items = [Item(two, 5, "B", "y"), Item(one, 700, "A", "x")]
    told = f"socialshop payout batch 1\n{batch}\tbank\tCNY\n{one}\t700\tA\tx\n{two}\t5\tB\ty\n"
    assert batch_hash(batch, "bank", "CNY", items) == hashlib.sha256(told.encode()).digest()
    assert batch_hash(batch, "bank", "CNY", items[::-1]) == batch_hash(batch, "bank", "CNY", items)
    for changed in (
        (batch, "bank", "CNY", [items[0], items[1]._replace(amount_minor=701)]),
        (batch, "bank", "CNY", [items[0], items[1]._replace(account="z")]),
        (batch, "bank", "CNY", items[:1]),
        (batch, "bank", "USD", items),
        (one, "bank", "CNY", items),
    ):
        assert batch_hash(*changed) != batch_hash(batch, "bank", "CNY", items)
