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
def test_a_password_is_judged_by_its_length_alone(length: int, good: bool) -> None:
    if good:
        rules.check_password("a" * length)
    else:
        with pytest.raises(InvalidValue):
            rules.check_password("a" * length)


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
