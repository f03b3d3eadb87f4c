"""Two accounts of one person, asked for on a page by one admin and decided there by another."""

from __future__ import annotations

import re

from flask import Flask
from room_shop import statements
from visitors import Visitor, member
from web_client import counts

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role


def public(person: Visitor) -> str:
    assert person.card is not None
    return to_public("mbr", person.card.member_id)


def test_one_admin_asks_another_decides_and_what_stands_in_the_way_is_told(site: Flask) -> None:
    ada, bea = (member(site, role=Role.ADMIN, name=name) for name in ("Ada", "Bea"))
    mo, kay = (member(site, name=name) for name in ("Mo", "Kay"))
    said = {"gone": public(mo), "kept": public(mo), "reason": "One person."}
    # refused beside the field, and nothing is kept
    answer = ada.send("/admin/merges", "/admin/merges", **said)
    assert (answer.status_code, "These are the same account." in answer.text) == (422, True)
    wrong = ada.send("/admin/merges", "/admin/merges", gone="Mo", kept=public(kay), reason="x")
    assert "The whole id of a member" in wrong.text
    assert counts("member_merges") == {"member_merges": 0}
    # asked, the one who asked sees no button to approve
    assert ada.send("/admin/merges", "/admin/merges", **said | {"kept": public(kay)}).status_code == 303
    page = ada.look("/admin/merges").text
    assert "You asked for it: another admin approves." in page
    assert "Merge, for good" not in page
    (address,) = set(re.findall(r'action="(/admin/merges/mrg_\w+)"', page))
    assert ada.send("/admin/merges", address, decision="approve").status_code == 403
    assert counts("erasures") == {"erasures": 0}
    assert bea.send("/admin/merges", address, decision="approve").status_code == 303
    bea.look("/admin/merges")
    with statements() as seen:
        page = bea.look("/admin/merges").text
    assert len([one for one in seen if "member_merges" in one]) == 1
    assert "merged" in page
    assert counts("erasures") == {"erasures": 1}
