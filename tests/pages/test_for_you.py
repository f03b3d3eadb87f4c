"""Deals for whoever is here: on the shop front, and switched off by the one switch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask
from visitors import Visitor, member, visitor

from socialshop.identity import service as identity
from socialshop.identity.service import Document
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from tests.integration.test_recommendations import Market


def consenting(site: Flask) -> Visitor:
    lin = member(site)
    assert lin.card is not None
    with unit_of_work() as uow:
        identity.decide_consent(uow, lin.card.member_id, Document.TERMS, given=True)
    return lin


def test_the_shop_front_shows_some_deals_with_their_reason_until_it_is_switched_off(site: Flask) -> None:
    lin = consenting(site)
    Market(site, ManualClock(datetime.now(UTC))).offer("Tea", begun=timedelta(days=1))
    page = lin.look("/").text
    assert "Because it is new in the shop." in page
    assert "Switch it off" in page
    assert "因为它是新品。" in lin.look("/", "zh").text
    assert "Because" not in visitor(site).look("/").text
    assert lin.send("/privacy", "/privacy/consents", document="personalisation", given="no").status_code == 303
    after = lin.look("/").text
    assert "Switch it off" not in after
    assert "Much bought here" in after
