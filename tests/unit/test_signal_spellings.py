"""What is hashed is brought into one spelling first, and what says nothing is no mark."""

from __future__ import annotations

import pytest

from socialshop.screening.signals import email_family, phone_digits, place_of, vicinity_of


@pytest.mark.parametrize(
    ("address", "vicinity"),
    [
        ("93.184.216.34", "93.184.216.0/24"),
        ("2606:2800:220:1::5", "2606:2800:220:1::/64"),
        ("127.0.0.1", None),
        ("10.1.2.3", None),
        ("no address", None),
        (None, None),
    ],
)
def test_the_vicinity_is_of_public_addresses_alone(address: str | None, vicinity: str | None) -> None:
    assert vicinity_of(address) == vicinity


@pytest.mark.parametrize(
    ("email", "family"),
    [
        ("Anna.Belle+shop7@Example.com", "annabelle@example.com"),
        ("annabelle12@example.com", "annabelle@example.com"),
        ("li12@example.com", None),
        ("123456789@example.com", None),
        ("no address", None),
        (None, None),
    ],
)
def test_a_family_of_addresses_differs_by_dots_tags_and_numbers(email: str | None, family: str | None) -> None:
    assert email_family(email) == family


def test_phones_and_places_are_told_in_one_spelling() -> None:
    assert phone_digits("138 0000-0000") == phone_digits("+86 13800000000") == phone_digits("008613800000000")
    assert phone_digits("ask at the door") is phone_digits(None) is None
    assert place_of("Shanghai", "1 Home Road", "") == place_of("shanghai ", "1, Home-Road") == "shanghai1homeroad"
    assert place_of("", " - ") is None
