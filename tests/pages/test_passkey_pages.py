"""Passkeys on pages: what a script would send, sent by hand."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from flask import Flask
from soft_authenticator import SoftAuthenticator
from visitors import Visitor, member, visitor
from web_client import PASSWORD


def options(person: Visitor, path: str) -> dict[str, Any]:
    """What the page asks the browser for."""
    found = re.search(r'data-options="([^"]*)"', person.look(path).text)
    assert found is not None
    asked: dict[str, Any] = json.loads(html.unescape(found[1]))
    return asked


def post(person: Visitor, page: str, action: str, answer: object, **typed: str) -> str:
    """Send the form of a page as a script does, and follow."""
    token = re.search(r'name="csrf_token" value="([^"]*)"', person.look(page).text)
    assert token is not None
    data = {"csrf_token": token[1], "credential": json.dumps(answer), **typed}
    return person.client.post(action, data=data, headers={"Accept-Language": "en"}, follow_redirects=True).text


def test_a_passkey_is_made_used_renamed_and_removed(site: Flask) -> None:
    lin, device = member(site), SoftAuthenticator()
    new = "/account/passkeys/new"
    typed = {"name": "My phone", "passkey_password": PASSWORD}
    made = post(lin, new, "/account/passkeys", device.create(options(lin, new)), **typed)
    assert "You can sign in by this passkey now." in made
    (address,) = re.findall(r'action="(/account/passkeys/psk_\w+)/name"', made)
    stranger, door = visitor(site), "/sign-in/passkey"
    assert "通行密钥登录" in stranger.look("/sign-in", "zh").text
    for nonsense in ({}, {"id": "AA", "response": {}}, "no"):
        assert "This passkey could not be used." in post(stranger, door, door, nonsense)
    post(stranger, door, door, device.get(options(stranger, door)))
    assert "My phone" in stranger.look("/account").text
    assert lin.send("/account", f"{address}/name", name="Old phone").status_code == 303
    assert "Old phone" in lin.look("/account").text
    assert lin.send("/account", f"{address}/removal").status_code == 303
    assert "Old phone" not in lin.look("/account").text
    assert "This passkey could not be used." in post(stranger, door, door, device.get(options(stranger, door)))


def test_a_wrong_password_is_told_beside_its_field(site: Flask) -> None:
    lin, new = member(site), "/account/passkeys/new"
    answer = SoftAuthenticator().create(options(lin, new))
    page = post(lin, new, "/account/passkeys", answer, name="My phone", passkey_password="wrong horse")
    assert "This is not your password." in page
