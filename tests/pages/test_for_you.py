"""Deals for whoever is here: on the shop front, and switched off by the one switch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask
from market import Market
from visitors import Visitor, member, visitor

from socialshop.identity import service as identity
from socialshop.identity.service import Document
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work


def switch(person: Visitor, document: Document, *, on: bool) -> None:
    assert person.card is not None
    with unit_of_work() as uow:
        identity.decide_consent(uow, person.card.member_id, document, given=on)


def test_the_shop_front_shows_some_deals_with_their_reason_until_it_is_switched_off(site: Flask) -> None:
    lin = member(site)
    switch(lin, Document.TERMS, on=True)
    Market(site, ManualClock(datetime.now(UTC))).offer("Tea", begun=timedelta(days=1))
    page = lin.look("/").text
    assert "Because it is new in the shop." in page
    assert "Switch it off" in page
    assert "因为它是新品。" in lin.look("/", "zh").text
    assert "Because" not in visitor(site).look("/").text
    switch(lin, Document.PERSONALISATION, on=False)
    after = lin.look("/").text
    assert "Switch it off" not in after
    assert "Much bought here" in after
