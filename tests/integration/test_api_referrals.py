"""A member's own team over HTTP: those brought in by name, deeper levels as counts of at least five."""

from __future__ import annotations

from flask import Flask
from web_client import Person, refusal, registration, sign_up


def _bring(sponsor: Person, count: int) -> list[str]:
    """Invite codes of `count` members whom the sponsor brings in."""
    return [_register(sponsor, sponsor.card.invite_code) for _ in range(count)]


def _register(through: Person, code: str) -> str:
    answer = through.client.post("/api/v1/members", json=registration(invite_code=code))
    assert answer.status_code == 201, answer.text
    invite_code: str = answer.get_json()["member"]["invite_code"]
    return invite_code


def test_direct_members_are_named_and_deeper_ones_are_counted(app: Flask) -> None:
    ann = sign_up(app)
    codes = _bring(ann, 2)
    for code in (*codes, *codes, codes[0]):
        _register(ann, code)
    answer = ann.call("GET", "/me/referrals?depth=3").get_json()
    assert [row["display_name"] for row in answer["data"]] == ["Lin", "Lin"]
    assert answer["deeper"] == [{"level": 2, "members": 5}, {"level": 3, "members": 0}]
    summary = ann.call("GET", "/me/referrals/summary").get_json()
    assert (summary["direct"], summary["team"]) == (2, 7)


def test_fewer_than_five_are_not_told(app: Flask) -> None:
    ann = sign_up(app)
    (code,) = _bring(ann, 1)
    for _ in range(4):
        _register(ann, code)
    assert ann.call("GET", "/me/referrals").get_json()["deeper"] == [{"level": 2, "members": None}]
    assert ann.call("GET", "/me/referrals/summary").get_json()["team"] is None


def test_the_list_is_paged_and_bounded(app: Flask) -> None:
    ann = sign_up(app)
    _bring(ann, 3)
    first = ann.call("GET", "/me/referrals?limit=2").get_json()
    rest = ann.call("GET", f"/me/referrals?limit=2&cursor={first['next_cursor']}").get_json()
    assert len({row["id"] for row in first["data"] + rest["data"]}) == 3
    assert rest["next_cursor"] is None
    assert refusal(ann.call("GET", "/me/referrals?depth=9")) == (422, "invalid_value", "depth")
