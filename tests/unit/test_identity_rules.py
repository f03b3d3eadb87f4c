"""What an e-mail address, a password, a name and a code may be."""

from __future__ import annotations

import random

import pytest

from socialshop.identity import passwords, rules
from socialshop.invites import rules as invite_rules
from socialshop.kernel.errors import InvalidValue


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a@EXAMPLE.com", "a@example.com"),
        ("e\u0301@example.com", "é@example.com"),
        ("小满@例子.中国", "小满@例子.中国"),
    ],
)
def test_an_e_mail_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert rules.normalized_email(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "a", "@example.com", "a@", "a b@example.com", "a@example.com\n", "a@[127.0.0.1]"]
)
def test_what_is_no_e_mail_is_refused_without_echo(typed: str) -> None:
    with pytest.raises(InvalidValue, match=r"^not an e-mail address$") as refused:
        rules.normalized_email(typed)
    assert refused.value.field == "email"


@pytest.mark.parametrize(("length", "good"), [(7, False), (8, True), (200, True), (201, False)])
def test_a_password_has_its_bounds_in_length(length: int, good: bool) -> None:
    password = ("tea for many people " * 11)[:length]
    if good:
        rules.check_password(password)
    else:
        with pytest.raises(InvalidValue, match=r"^a password has 8 to 200 characters$"):
            rules.check_password(password)


@pytest.mark.parametrize(
    "typed",
    "password Password1! PASSW0RD 12345678 0987654321 abcdefgh 99999999 12121212 tealteal abcabcabc "
    "qwertyuiop1 iloveyou22 woaini1314 １２３４５６７８ socialshop2026".split(),
)
def test_what_anybody_tries_first_is_no_password(typed: str) -> None:
    with pytest.raises(InvalidValue, match="one of the first that anybody tries") as refused:
        rules.check_password(typed)
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "typed", ["correct horse battery", "socialshop-demo", "1password-x", "水涨船高不怕晚", "tea12345x"]
)
def test_nothing_is_asked_of_what_a_password_is_made_of(typed: str) -> None:
    if len(typed) >= rules.SHORTEST_PASSWORD:
        rules.check_password(typed)


@pytest.mark.parametrize(
    ("typed", "refused"),
    [("mei.lin@example.com", True), ("Mei.Lin2026", True), ("mei.lin!", True), ("mei.lin has tea", False)],
)
def test_a_password_is_not_the_address_of_its_account(typed: str, refused: bool) -> None:
    rules.check_not_the_address(typed, None)
    if refused:
        with pytest.raises(InvalidValue, match=r"^a password is not the e-mail address$"):
            rules.check_not_the_address(typed, "mei.lin@example.com")
    else:
        rules.check_not_the_address(typed, "mei.lin@example.com")


@pytest.mark.usefixtures("real_passwords")
def test_a_hash_is_right_for_its_password_and_nobody_is_never_right() -> None:
    made = passwords.hash_password("correct horse battery")
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(made, "correct horse battery")
    assert not passwords.verify(made, "correct horse batterz")
    assert not passwords.verify(None, "correct horse battery")
    assert not passwords.verify("no hash at all", "correct horse battery")


def test_codes_are_of_the_alphabet_and_read_in_any_letter_case() -> None:
    chance = random.Random(7)
    codes = {invite_rules.new_code(chance.choice) for _ in range(1000)}
    assert len(codes) == 1000
    assert set("".join(codes)) == set(invite_rules.ALPHABET)
    assert not set("01OILU") & set(invite_rules.ALPHABET)
    assert all(invite_rules.canonical(f" {code.lower()} ") == code for code in codes)
