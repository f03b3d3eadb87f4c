"""What signing in otherwise than by password holds of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "member_phones",
        ("member_id", "phone"),
        reads="SELECT phone, verified_at FROM member_phones WHERE member_id = :id",
        erases=("DELETE FROM member_phones WHERE member_id = :id",),
        merges=(
            """
            UPDATE member_phones SET member_id = :kept_id WHERE member_id = :id
            AND NOT EXISTS (SELECT FROM member_phones k WHERE k.member_id = :kept_id)
            """,
        ),
    ),
    Holding(
        "phone_codes",
        ("member_id", "phone"),
        reads="""
            SELECT purpose, phone, status, attempts, created_at, expires_at FROM phone_codes
            WHERE member_id = :id ORDER BY id
        """,
        erases=("DELETE FROM phone_codes WHERE member_id = :id",),
    ),
    Holding(
        "member_passkeys",
        ("member_id", "name"),
        reads="""
            SELECT id, name, created_at, last_used_at FROM member_passkeys WHERE member_id = :id ORDER BY id
        """,
        ids={"id": "psk"},
        erases=("DELETE FROM member_passkeys WHERE member_id = :id",),
    ),
    Holding(
        "member_totp",
        ("member_id",),
        reads="SELECT created_at, confirmed_at FROM member_totp WHERE member_id = :id",
        erases=("DELETE FROM member_totp WHERE member_id = :id",),
    ),
    Holding(
        "recovery_codes",
        ("member_id",),
        reads="SELECT created_at, used_at FROM recovery_codes WHERE member_id = :id ORDER BY created_at, used_at",
        erases=("DELETE FROM recovery_codes WHERE member_id = :id",),
    ),
    Holding(
        "passkey_challenges",
        ("member_id",),
        hidden="Random bits that wait for minutes to be signed.",
        erases=("DELETE FROM passkey_challenges WHERE member_id = :id",),
    ),
)
