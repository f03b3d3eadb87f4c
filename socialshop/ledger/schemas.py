"""Wire shapes of wallets and of the proof."""

from __future__ import annotations

from dataclasses import asdict

from socialshop.audit.service import AuditProof
from socialshop.ledger.service import Proof, WalletBalances
from socialshop.web.schemas import Currency, MoneyWire, Wire, absent, with_example


class WalletQuery(Wire):
    """Which wallet: of the shop's own currency if absent."""

    currency: Currency = absent()


class Wallet(Wire):
    """What a member has in one currency: on its way, free to pay out, reserved by a request, owed to the shop."""

    model_config = with_example(
        {
            "pending": {"amount_minor": 159, "currency": "CNY"},
            "available": {"amount_minor": 4200, "currency": "CNY"},
            "reserved": {"amount_minor": 0, "currency": "CNY"},
            "owed": {"amount_minor": 0, "currency": "CNY"},
        }
    )

    pending: MoneyWire
    available: MoneyWire
    reserved: MoneyWire
    owed: MoneyWire

    @classmethod
    def of(cls, balances: WalletBalances, currency: str) -> Wallet:
        """The wire form of balances in one currency."""
        amounts = balances._asdict().items()
        return cls(**{name: MoneyWire(amount_minor=minor, currency=currency) for name, minor in amounts})


class ProofWire(Wire):
    """What the books prove; `first_difference` names the first thing that is off."""

    model_config = with_example(
        {
            "balanced": True,
            "chain_ok": True,
            "projection_ok": True,
            "entries": 69659,
            "postings": 278636,
            "unsealed": 0,
            "head_hash": "9f2c4f3a5d1c7e806b54a1c9e0d2f7384b6a5968d7c0e1f2a3b4c5d6e7f80912",
            "audit_ok": True,
            "audit_entries": 412,
            "audit_unsealed": 2,
            "audit_head_hash": "51b0c3d2e4f5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff",
            "first_difference": None,
        }
    )

    balanced: bool
    chain_ok: bool
    projection_ok: bool
    entries: int
    postings: int
    unsealed: int
    head_hash: str
    audit_ok: bool
    audit_entries: int
    audit_unsealed: int
    audit_head_hash: str
    first_difference: str | None

    @classmethod
    def of(cls, proof: Proof, audit: AuditProof) -> ProofWire:
        """The wire form of both proofs."""
        difference = proof.first_difference or audit.first_difference
        return cls(**{**asdict(proof), **audit.fields(), "first_difference": difference})
