"""The member's own wallet over HTTP."""

from __future__ import annotations

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import service
from socialshop.ledger.schemas import Wallet, WalletQuery
from socialshop.web.auth import SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("ledger", __name__, tag="Wallet")


@room.operation(
    "GET", "/me/wallet", access=SIGNED_IN, query=WalletQuery, replies=Reply(200, Wallet, "Your wallet in one currency.")
)
def show_wallet(call: Call[Nothing, WalletQuery]) -> Answer:
    """Your wallet."""
    currency = call.query.currency or wired.settings().currency

    def read(uow: UnitOfWork) -> Answer:
        return Answer(Wallet.of(service.wallet(uow, call.caller.number, currency), currency))

    return call.transact(read)
