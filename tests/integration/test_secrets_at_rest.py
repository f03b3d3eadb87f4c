"""Whoever reads a copy of the database finds no secret in it: each is a hash, or sealed under the signing key."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import text

from socialshop.infra.uow import unit_of_work

_SECRET = re.compile(
    r"(.*_)?(secret|token|password|passwd|credential|challenge|otp|pin|nonce|private|key|codes?)(_.*)?", re.ASCII
)
_KEPT_SAFE = re.compile(r"(sealed_.*|.*_hash)", re.ASCII)
# What is called so and is none, or has to be read.
OPEN = {
    "commission_counters.key": "which counter",
    "findings.code": "which rule found it",
    "idempotency_answers.key": "what a caller called its own request",
    "invite_links.code": "stands in the link that a member hands on",
    "invite_links.vanity_key": "the same as it is compared",
    "ledger_closed_months.public_key": "everybody may have it",
    "member_passkeys.credential": "a public key",
    "member_passkeys.credential_id": "what a browser is asked for",
    "partners.code": "of a partner, as vouchers name it",
    "partner_vouchers.code": "shown to the member whose month it is; bought from a partner, good at its door alone",
    "payment_calls.key": "what the shop calls its own call to a provider",
    "plan_simulation_counters.key": "which counter",
    "skus.code": "of goods",
    "tiers.code": "of a tier",
    "webhook_endpoints.former_secret": "the sealed secret of before, as it was",
}


def _unsafe() -> set[str]:
    query = (
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type IN ('text', 'bytea', 'character varying', 'jsonb')"
    )
    with unit_of_work() as uow:
        columns = uow.session.execute(text(query)).all()
    return {
        f"{table}.{column}"
        for table, column in columns
        if _SECRET.fullmatch(column) and not _KEPT_SAFE.fullmatch(column)
    }


def test_every_secret_is_a_hash_or_sealed_and_a_new_one_in_the_open_is_seen(app: Flask) -> None:
    assert _unsafe() == OPEN.keys()
    # the planted fault: a key to another system, as it is
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("ALTER TABLE tiers ADD COLUMN api_token text"))
    assert _unsafe() - OPEN.keys() == {"tiers.api_token"}
