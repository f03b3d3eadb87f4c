"""Reports, decisions, appeals and questions on pages, without scripts."""

from __future__ import annotations

import re

from community_shop import a_note, tea
from flask import Flask
from visitors import Visitor, member, visitor
from web_client import Person, sign_up

from socialshop.kernel.roles import Role


def found(page: str, path: str) -> str:
    """The first address of this kind on a page."""
    return re.findall(rf'href="({path}\w+)"', page)[0]


def test_a_note_is_reported_its_author_limited_and_the_appeal_decided_by_another(site: Flask) -> None:
    lin = member(site, name="Lin")
    ada, bob = (member(site, role=Role.ADMIN, name=name) for name in ("Ada", "Bob"))
    reader = member(site, name="Rui")
    note = a_note(_person(site, lin), sign_up(site, role=Role.ADMIN), tea()[1])
    page = reader.look(f"/notes/{note}").text
    form = re.findall(r'href="(/report\?subject=post_\w+)"', page)[0]
    unsaid = reader.send(form, "/report", ground="abuse", words=" ")
    assert (unsaid.status_code, "This is needed." in unsaid.text) == (422, True)
    assert reader.send(form, "/report", ground="abuse", words="It insults tea.").status_code == 303
    report = found(ada.look("/admin/reports").text, "/admin/reports/")
    page = ada.look(report).text
    assert "It insults tea." in page
    assert "First, warm the cup." in page
    endless = ada.send(report, report, verdict="limited", reason="Rule three.", days="")
    assert endless.status_code == 422
    assert "A limit and a freeze last a number of days" in endless.text
    assert ada.send(report, report, verdict="limited", reason="Rule three.", days="7").status_code == 303
    assert "Limited: writes nothing for others, opens no room" in lin.look("/me/standing").text
    assert "你不能发布内容或开团。原因：Rule three." in lin.look("/notices", language="zh").text
    decision = found(lin.look("/me/standing").text, "/me/decisions/")
    assert lin.send(decision, f"{decision}/appeal", words="Tea was not there.").status_code == 303
    assert "waits for somebody else of the shop" in lin.look(decision).text
    desk = found(ada.look("/admin/reports").text, "/admin/decisions/")
    assert "You decided this" in ada.look(desk).text
    assert bob.send(desk, desk, outcome="lifted", reason="Nobody was insulted.").status_code == 303
    assert "Nothing is taken away from you" in lin.look("/me/standing").text
    assert "Your appeal was right, the decision is lifted: Nobody was insulted." in lin.look("/notices").text
    assert "Somebody of the shop has looked at what you reported." in reader.look("/notices").text


def test_the_rules_are_read_once_a_version(site: Flask) -> None:
    lin, ada = member(site), member(site, role=Role.ADMIN)
    assert "One: say what is so" in visitor(site).look("/rules").text
    assert lin.send("/rules", "/rules").status_code == 303
    assert "You read them:" in lin.look("/rules").text
    assert ada.send("/admin/rules", "/admin/rules", text_zh="一、友善。", text_en="One: be kind.").status_code == 303
    assert "I have read them" in lin.look("/rules").text
    assert "一、友善。" in lin.look("/rules", language="zh").text


def test_a_question_is_asked_answered_and_settled(site: Flask) -> None:
    lin, ada = member(site), member(site, role=Role.ADMIN)
    asked = lin.send("/me/questions", "/me/questions", text="When do you open?").headers["Location"]
    assert "You should have an answer until" in lin.look(asked).text
    desk = found(ada.look("/admin/questions").text, "/admin/questions/")
    assert ada.send(desk, desk, text="At nine.").status_code == 303
    page = lin.look(asked).text
    assert "At nine." in page
    assert "answered" in page
    assert f'href="{asked}"' in lin.look("/notices").text
    assert lin.send(asked, asked, text="Thank you.").status_code == 303
    assert lin.send(asked, f"{asked}/close").status_code == 303
    assert "settled" in lin.look(asked).text


def _person(site: Flask, someone: Visitor) -> Person:
    """The same member, as who calls the API."""
    assert someone.card is not None
    token = someone.client.get_cookie("socialshop_session")
    assert token is not None
    return Person(site.test_client(), someone.card, token.value)
