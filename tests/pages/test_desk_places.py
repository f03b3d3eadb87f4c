"""The places of a desk: in groups, the current one marked, and none that the reader's role may not see."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from visitors import member

from socialshop.kernel.roles import Role
from socialshop.pages.admin.section import PLACES as ADMIN_PLACES
from socialshop.pages.admin.section import admin
from socialshop.pages.leader.section import PLACES as LEADER_PLACES
from socialshop.pages.leader.section import leader
from socialshop.pages.section import Section
from socialshop.pages.site import table_of
from socialshop.pages.tabs import Group

_NAV = re.compile(r'<nav class="places-of-desk".*?</nav>', re.DOTALL)


def led_to(page: str) -> tuple[list[str], list[str]]:
    """Where the menu and where the bar lead."""
    menu, rail = _NAV.findall(page)[0].split("</details>")
    return re.findall('href="([^"]+)"', menu), re.findall('href="([^"]+)"', rail)


@pytest.mark.parametrize(("section", "places"), [(admin, ADMIN_PLACES), (leader, LEADER_PLACES)])
def test_every_page_of_a_desk_stands_in_one_of_its_places(
    site: Flask, section: Section, places: tuple[Group, ...]
) -> None:
    names = [tab.name for group in places for tab in group.tabs]
    assert len(names) == len(set(names))
    assert {row.tab for row in section.rows.values() if row.method == "GET"} <= {*names, ""}
    assert {tab.endpoint for group in places for tab in group.tabs} <= table_of(site).keys()


def test_a_desk_leads_where_the_role_may_go_and_says_where_the_reader_is(site: Flask) -> None:
    seen = {role: member(site, role=role) for role in (Role.ADMIN, Role.FINANCE, Role.LEADER)}
    at = {Role.ADMIN: "/admin/plans", Role.FINANCE: "/admin/plans", Role.LEADER: "/lead/team"}
    pages = {role: person.look(at[role], "zh").text for role, person in seen.items()}
    for role, page in pages.items():
        menu, rail = led_to(page)
        assert menu == rail
        assert page.count(f'<a href="{at[role]}" aria-current="page">') == 2
        for address in menu:
            assert seen[role].look(address).status_code == 200, address
    assert "/lead/deals" in led_to(pages[Role.ADMIN])[0]
    assert not [address for address in led_to(pages[Role.FINANCE])[0] if not address.startswith("/admin")]
    assert not [address for address in led_to(pages[Role.LEADER])[0] if not address.startswith("/lead")]
    assert "资金 · <strong>佣金方案</strong>" in pages[Role.ADMIN]
