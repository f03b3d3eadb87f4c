"""The ledger's signed head: what an outsider keeps, because no chain can tell by itself that its tail was cut off."""

from __future__ import annotations

from pathlib import Path

from socialshop.infra import chain
from socialshop.infra.chain import Head, SignedHead
from socialshop.infra.uow import UnitOfWork
from socialshop.ledger.service.sealing import CHAIN


def current_head(uow: UnitOfWork) -> Head:
    """The newest block's head."""
    return chain.current_head(uow.session, CHAIN)


def signed_head(uow: UnitOfWork, data_dir: Path) -> SignedHead:
    """The newest block's head, signed by the key of `data_dir` (made there on first use)."""
    return chain.signed_head(uow.session, CHAIN, data_dir)


def read_head(document: str, data_dir: Path) -> Head:
    """The ledger's head in an exported document. Raises HeadRefused: malformed, another key's, a wrong signature."""
    return chain.read_head(chain.json_of(document), CHAIN, data_dir)
