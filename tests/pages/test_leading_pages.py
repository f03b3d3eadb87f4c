"""Asking to lead, and the answer, without a script."""

from __future__ import annotations

from flask import Flask
from payment_shop import rows
from visitors import member

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role


def test_a_member_asks_an_admin_answers_and_the_desk_opens(site: Flask) -> None:
    lin, admin = member(site), member(site, role=Role.ADMIN)
    assert "Become a leader" in lin.look("/me").text
    sent = lin.send("/me/leading", "/me/leading", reason="My neighbours ask.", channels="A group")
    assert sent.status_code == 303
    assert "My neighbours ask." in admin.look("/admin/applications").text
    application = to_public("lap", rows("SELECT id FROM leader_applications")[0][0])
    decided = admin.send("/admin/applications", f"/admin/applications/{application}", decision="approve", reason="Good")
    assert decided.status_code == 303
    assert lin.look("/lead").status_code == 200
    assert "Become a leader" not in lin.look("/me").text
    assert "Good" in lin.look("/me/leading").text


def test_an_application_without_words_is_shown_again(site: Flask) -> None:
    lin = member(site)
    assert lin.send("/me/leading", "/me/leading", reason="", channels="").status_code == 422
    assert rows("SELECT count(*) FROM leader_applications") == [(0,)]
