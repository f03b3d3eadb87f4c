"""What identity holds of a person. The profile stays as a row: everything that shows a name reads it."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "members",
        ("id", "number", "external_id"),
        reads="SELECT id, number, external_id, role, tier, joined_at FROM members WHERE id = :id",
        ids={"id": "mbr"},
        erases=("UPDATE members SET external_id = NULL, role = 'member' WHERE id = :id",),
        stays="A number, with which the tree and the books go on, and since when there was a member.",
    ),
    Holding(
        "member_profiles",
        ("member_id", "display_name", "email", "pending_email", "locale", "time_zone", "email_verified_at"),
        reads="""
            SELECT display_name, email, email_verified_at, pending_email, locale, time_zone
            FROM member_profiles WHERE member_id = :id
        """,
        erases=(
            """
            UPDATE member_profiles SET display_name = :neutral_name, email = NULL, email_verified_at = NULL,
                pending_email = NULL, locale = NULL, time_zone = NULL
            WHERE member_id = :id
            """,
        ),
    ),
    Holding(
        "member_birthdays",
        ("member_id", "month", "day", "year"),
        reads="SELECT month, day, year, set_at FROM member_birthdays WHERE member_id = :id",
        erases=("DELETE FROM member_birthdays WHERE member_id = :id",),
    ),
    Holding(
        "member_credentials",
        ("member_id", "password_hash"),
        reads="SELECT changed_at AS password_changed_at FROM member_credentials WHERE member_id = :id",
        erases=("DELETE FROM member_credentials WHERE member_id = :id",),
    ),
    Holding(
        "member_sessions",
        ("member_id", "token_hash"),
        reads="""
            SELECT id, created_at, expires_at, revoked_at FROM member_sessions WHERE member_id = :id ORDER BY id
        """,
        ids={"id": "ses"},
        erases=("DELETE FROM member_sessions WHERE member_id = :id",),
    ),
    Holding(
        "member_consents",
        ("member_id",),
        reads="""
            SELECT document, version, given, accepted_at AS decided_at FROM member_consents
            WHERE member_id = :id ORDER BY accepted_at, document
        """,
        stays="That consent was given or withdrawn must be shown; it names a document, a version and an instant.",
    ),
    Holding(
        "member_limits",
        ("member",),
        reads="""
            SELECT kind, begins_at, ends_at, lifted_at FROM member_limits WHERE member = :number ORDER BY begins_at
        """,
        stays="What a number might not do, and how long.",
    ),
    Holding(
        "member_claims",
        ("member_id", "token_hash"),
        reads="SELECT created_at, expires_at FROM member_claims WHERE member_id = :id",
        erases=("DELETE FROM member_claims WHERE member_id = :id",),
    ),
    Holding(
        "member_tokens",
        ("member_id", "email", "token_hash"),
        reads="""
            SELECT purpose, email, created_at, expires_at, used_at FROM member_tokens
            WHERE member_id = :id ORDER BY created_at
        """,
        erases=("DELETE FROM member_tokens WHERE member_id = :id",),
    ),
)
