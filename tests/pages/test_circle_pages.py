"""Circles on pages: joined by an address, told something, and a leader's first steps."""

from __future__ import annotations

import re

from flask import Flask
from visitors import member
from web_client import counts

from socialshop.kernel.roles import Role
from tests.due_work import work


def test_a_circle_is_joined_by_its_address_hears_its_leader_and_is_left(site: Flask) -> None:
    top, lin = member(site, role=Role.LEADER, name="Top"), member(site, name="Lin")
    desk = top.look("/lead/circle").text
    assert "Whom you invite belongs to your circle" in desk
    address = "/circles/" + re.findall(r"/circles/(mbr_\w+)", desk)[0]
    assert "No circle yet" in lin.look("/circles").text
    assert lin.send(address, f"{address}/join").status_code == 303
    assert f'href="{address}"' in lin.look("/circles").text
    # Who has not agreed to be named is not.
    assert "A member who is not named" in top.look("/lead/circle").text
    for _ in range(3):
        assert top.send("/lead/circle", "/lead/circle", text="The spring tea is in.").status_code == 303
    refused = top.send("/lead/circle", "/lead/circle", text="And green tea.")
    assert (refused.status_code, "Your circle has heard of you three times" in refused.text) == (429, True)
    work()
    leads = re.findall(r'href="(/circle-notices/cnt_\w+)"', lin.look("/notices").text)
    assert len(leads) == 3
    assert lin.look(leads[0]).headers["Location"] == address
    assert "The spring tea is in." in lin.look(address).text
    assert lin.send(address, f"{address}/leave").status_code == 303
    assert "The spring tea is in." not in lin.look(address).text
    assert lin.look(leads[0]).status_code == 404
    assert counts("circle_notices") == {"circle_notices": 3}


def test_first_steps_say_what_is_to_do_and_where(site: Flask) -> None:
    top = member(site, role=Role.LEADER)
    page = top.look("/lead/first-steps").text
    assert page.count("to do") == 5
    assert 'href="/lead/deals/new"' in page
    assert top.send("/rules", "/rules").status_code == 303
    page = top.look("/lead/first-steps").text
    assert page.count("to do") == 4
    assert "入门任务" in top.look("/lead/first-steps", language="zh").text
