"""The systems that mission.md names, each by its mechanism: records that anyone can verify."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from bookkeeping import seal_all, seal_all_audit
from buying import fill_for_two
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from payment_shop import rows
from room_shop import faults, room_shop
from sqlalchemy import NullPool, create_engine, text
from web_client import sign_up

from socialshop.cli import main
from socialshop.cli.books import proofs, read_heads
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role

_ENTRIES = """
    SELECT b.block_number, e.id, e.reference, e.kind, e.posted_at, r.reference FROM ledger_block_entries b
    JOIN ledger_entries e ON e.id = b.entry_id LEFT JOIN ledger_entries r ON r.id = e.reverses_id ORDER BY e.id
"""
_POSTINGS = """
    SELECT p.entry_id, a.name, p.amount_minor, p.currency, p.subject_id FROM ledger_postings p
    JOIN ledger_accounts a ON a.id = p.account_id ORDER BY p.entry_id, p.line
"""


def _instant(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


def _sha256(lines: list[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _hash_of_the_last_block() -> str:
    """What an outsider reckons from a copy of the books, by docs/ledger.md alone."""
    postings = rows(_POSTINGS)
    entries = rows(_ENTRIES)
    last = "0" * 64
    for number, sealed_at in rows("SELECT number, sealed_at FROM ledger_blocks ORDER BY number"):
        sums: Counter[str] = Counter()
        hashes = []
        for _, entry, reference, kind, posted_at, reverses in (row for row in entries if row[0] == number):
            lines = ["socialshop entry 1", reference, kind, _instant(posted_at), reverses or "-"]
            for _, account, amount, currency, subject in (row for row in postings if row[0] == entry):
                lines.append(f"{account}\t{amount}\t{currency}\t{subject.hex if subject else '-'}")
                sums[currency] += max(amount, 0)
            hashes.append(_sha256(lines))
        sealed = [f"{currency} {sums[currency]}" for currency in sorted(sums)]
        begin = ["socialshop block 1", str(number), last, _instant(sealed_at), str(len(hashes))]
        last = _sha256([*begin, *sealed, *hashes])
    return last


def _is_signed(head: dict[str, Any], chain: str) -> bool:
    said = [f"socialshop {chain} 1", str(head["number"]), head["hash"], str(head["entries"]), head["sealed_at"]]
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["public_key"]))
    key.verify(bytes.fromhex(head["signature"]), "".join(f"{line}\n" for line in said).encode())
    return True


# What the database's own owner does behind the shop's back, one after the other, and what the proof then says.
_TAMPERED = (
    ("UPDATE audit_entries SET facts = '{}'", "does not have the hash of its content"),
    (
        "WITH blocks AS (DELETE FROM audit_blocks), listed AS (DELETE FROM audit_block_entries)"
        " DELETE FROM audit_entries",
        "its tail was cut",
    ),
    (
        "UPDATE ledger_postings SET amount_minor = amount_minor * 2"
        " WHERE entry_id = (SELECT min(id) FROM ledger_entries)",
        "does not have the hash of its content",
    ),
)


def test_yigou_ledger_and_record_are_sealed_verified_from_outside_by_a_kept_head_and_a_tampered_row_is_found(
    app: Flask, tmp_path: Path, database_url: str, redis_url: str
) -> None:
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SOCIALSHOP_DATA_DIR": str(tmp_path)}

    def console(*arguments: str) -> Result:
        return CliRunner(env=environment).invoke(main, arguments)

    settings = app.extensions["socialshop_settings"]
    app.extensions["socialshop_settings"] = settings.model_copy(update={"data_dir": tmp_path})
    with room_shop(app, tmp_path) as shop:
        # given a sale of two seats, an act of an admin's, and both sealed
        admin, host, guest = sign_up(app, role=Role.ADMIN), sign_up(app), sign_up(app)
        opened, _ = fill_for_two(host, guest, to_public("deal", shop.deal(size=2)))
        shop.settle()
        sent = {"carrier": "SF", "tracking": "SF-1"}
        assert admin.call("POST", f"/admin/orders/{opened['order']['id']}/shipment", json=sent).status_code == 200
        seal_all()
        seal_all_audit()
        assert faults(shop) == []
        # when somebody outside keeps the head that the shop has signed
        kept = tmp_path / "kept.json"
        kept.write_text(console("export", "head").stdout, encoding="utf-8")
        head = json.loads(kept.read_text(encoding="utf-8"))
        # then the signature is the shop's, and a copy of the books comes to that hash by the published rules alone
        assert _is_signed(head, "head")
        assert _is_signed(head["audit"], "audit head")
        assert _hash_of_the_last_block() == head["hash"]
        proved = admin.call("GET", "/admin/ledger/proof").get_json()
        assert (proved["head_hash"], proved["audit_head_hash"]) == (head["hash"], head["audit"]["hash"])
        assert console("prove", "--head", str(kept)).exit_code == 0
        # and what is changed behind the shop's back is found against it
        owner = create_engine(database_url, poolclass=NullPool)
        for tampered, found in _TAMPERED:
            with owner.begin() as connection:
                connection.execute(text("SET session_replication_role = replica"))
                assert connection.execute(text(tampered)).rowcount > 0
            assert found in str(proofs(read_heads(kept)).first_difference)
        assert console("prove", "--head", str(kept)).exit_code == 1
        assert _hash_of_the_last_block() != head["hash"]
