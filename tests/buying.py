"""Buying as a member does it over the API: open a room, take a seat, pay at the sandbox provider."""

from __future__ import annotations

import secrets
from typing import Any

from web_client import Person


def open_room(person: Person, deal: str, **body: object) -> dict[str, Any]:
    """Open a room of the deal (its public id); returns room, order and payment."""
    return _posted(person, f"/deals/{deal}/rooms", body)


def take_seat(person: Person, room: str, **body: object) -> dict[str, Any]:
    """Take a seat in the room (its public id); returns room, order and payment."""
    return _posted(person, f"/rooms/{room}/seats", body)


def pay(person: Person, taken: dict[str, Any]) -> None:
    """Pay for a seat that was taken; the workers have not followed yet."""
    _posted(person, f"/sandbox/payments/{taken['payment']['id']}/pay", {"outcome": "succeeded"})


def fill_for_two(host: Person, guest: Person, deal: str, **body: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both buy in a room of two, `body` being how the host opens it; paid, and not followed yet."""
    opened = open_room(host, deal, **body)
    joined = take_seat(guest, opened["room"]["id"])
    pay(host, opened)
    pay(guest, joined)
    return opened, joined


def _posted(person: Person, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = person.call("POST", path, key=secrets.token_hex(8), json=body)
    assert answer.status_code in (200, 201, 202), answer.text
    found: dict[str, Any] = answer.get_json()
    return found
