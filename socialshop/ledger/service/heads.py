"""The signed heads: what an outsider keeps, because no chain can tell by itself that its tail was cut off."""

from __future__ import annotations

import json
from pathlib import Path

from socialshop.audit import service as audit
from socialshop.infra import chain, wired
from socialshop.infra.chain import Head, SignedHead
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.ledger.service.sealing import CHAIN

HEADS_FOLDER = "heads"


def current_head(uow: UnitOfWork) -> Head:
    """The newest block's head."""
    return chain.current_head(uow.session, CHAIN)


def signed_head(uow: UnitOfWork, data_dir: Path) -> SignedHead:
    """The newest block's head, signed by the shop's key."""
    return chain.signed_head(uow.session, CHAIN, data_dir)


def read_head(document: str, data_dir: Path) -> Head:
    """The ledger's head in an exported document. Raises HeadRefused: malformed, another key's, a wrong signature."""
    return chain.read_head(chain.json_of(document), CHAIN, data_dir)


def export_heads(uow: UnitOfWork, data_dir: Path) -> str:
    """The newest heads of ledger and audit record, signed, as one line of JSON: what `prove --head` reads."""
    signed, record = signed_head(uow, data_dir), audit.signed_head(uow, data_dir)
    return json.dumps({**signed.as_json(), "audit": record.as_json()})


def keep_heads(uow: UnitOfWork) -> bool:
    """Write the signed heads into the data folder, once a day (UTC); what is there stays. For the periodic table."""
    # A block that came between the two reads of a head would make a head of neither.
    for name in ("ledger.seal", "audit.seal"):
        advisory_lock(uow, name)
    data_dir = wired.settings().data_dir
    chain.place(data_dir.joinpath(HEADS_FOLDER, f"{uow.now:%Y-%m-%d}.json"), export_heads(uow, data_dir))
    return False
