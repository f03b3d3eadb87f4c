"""What tests of the admins' desk begin with: payout requests that wait, made through the rooms' doors."""

from __future__ import annotations

from datetime import timedelta

from money_people import account_of, earn, number_of
from web_client import Person

from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.payouts import service as payouts


def asked(person: Person, amount: int) -> str:
    """This member earns so much and asks for all of it; the request's public id."""
    number = number_of(person)
    earn(number, amount)
    me = person.card.member_id
    place = account_of(me, "Lin Xiaoman")

    def ask(uow: UnitOfWork) -> str:
        made = payouts.submit(
            uow,
            member_id=me,
            member_number=number,
            destination_id=place,
            amount=Money(amount, "CNY"),
            minimum_minor=100,
            cooldown=timedelta(),
        )
        return to_public("por", made.id)

    return in_unit_of_work(ask)
