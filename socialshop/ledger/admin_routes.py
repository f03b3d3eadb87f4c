"""The books over HTTP, for those who answer for them."""

from __future__ import annotations

from socialshop.audit import service as audit
from socialshop.ledger import service
from socialshop.ledger.errors import ProofRunning
from socialshop.ledger.schemas import ProofWire
from socialshop.web.auth import READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("ledger_admin", __name__, tag="Books")


@room.operation(
    "GET",
    "/admin/ledger/proof",
    access=READS_ALL,
    replies=Reply(200, ProofWire, "What the books prove, now."),
    refuses=(ProofRunning,),
    isolation="REPEATABLE READ",
)
def prove(call: Call[Nothing, Nothing]) -> Answer:
    """Recompute the books and the audit record.

    In one snapshot: sums, hashes, blocks, balances. It takes a while on large books.
    One at a time: while another's runs, ask again later.
    """
    return call.transact(lambda uow: Answer(ProofWire.of(service.prove_alone(uow), audit.prove(uow))))
