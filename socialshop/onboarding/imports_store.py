"""All SQL of importing members. The tables made here are temporary and die with the import's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.columns import Column, read_columns, write_columns
from socialshop.infra.db import copy_rows
from socialshop.referrals.service import NO_SPONSOR, UNKNOWN_SPONSOR, Verdict

__all__ = ["LANDING", "Column"]

LANDING = "landing_members"
_STAGED = (
    *("position", "line", "external_id", "sponsor", "joined_at", "display_name", "email", "content_hash"),
    *("fault_column", "fault_code", "fault_reason"),
)

Ints = npt.NDArray[np.int64]


class Lines(NamedTuple):
    """The lines whose id reads and stands nowhere yet, in order; members by an index from 0 to `members` - 1.

    `sponsor` is such an index, NO_SPONSOR or UNKNOWN_SPONSOR; `standing_sponsor` the number of one who stands, else 0.
    """

    position: Ints
    member: Ints
    sponsor: Ints
    standing_sponsor: Ints
    sound: npt.NDArray[np.bool_]
    members: int


def create_staging(session: Session) -> None:
    """A place for the rows of one file."""
    session.execute(
        text(
            """
            CREATE TEMPORARY TABLE staged_members (
                position bigint NOT NULL, line bigint NOT NULL, external_id text, sponsor text, joined_at timestamptz,
                display_name text, email text, content_hash bytea,
                fault_column integer, fault_code text, fault_reason text
            ) ON COMMIT DROP
            """
        )
    )


def stage(session: Session, rows: Iterable[Sequence[object]]) -> int:
    """Take the rows in; returns how many."""
    count = copy_rows(session, "staged_members", _STAGED, rows)
    session.execute(text("CREATE UNIQUE INDEX ON staged_members (position)"))
    session.execute(text("ANALYZE staged_members"))
    return count


def refuse_taken_emails(session: Session) -> None:
    """An e-mail belongs to the member who has it, else to the id of the first readable line that gives it."""
    session.execute(
        text(
            """
            WITH first AS (
                SELECT DISTINCT ON (lower(email)) lower(email) AS email, external_id
                FROM staged_members WHERE email IS NOT NULL AND fault_column IS NULL
                ORDER BY lower(email), position
            ), owner AS (
                SELECT f.email, CASE WHEN p.member_id IS NULL THEN f.external_id ELSE m.external_id END AS external_id
                FROM first f
                LEFT JOIN member_profiles p ON lower(p.email) = f.email LEFT JOIN members m ON m.id = p.member_id
            )
            UPDATE staged_members s
            SET fault_column = 5, fault_code = 'email_taken', fault_reason = 'belongs to another member'
            FROM owner o
            WHERE lower(s.email) = o.email AND s.fault_column IS NULL AND s.external_id IS DISTINCT FROM o.external_id
            """
        )
    )


def lines(session: Session) -> Lines:
    """The structure of the file, in columns; gives each new external id its index."""
    session.execute(
        text(
            """
            CREATE TEMPORARY TABLE proposed_members ON COMMIT DROP AS
            SELECT external_id, row_number() OVER () - 1 AS member
            FROM (SELECT DISTINCT external_id FROM staged_members WHERE external_id IS NOT NULL) s
            WHERE NOT EXISTS (SELECT FROM members m WHERE m.external_id = s.external_id)
            """
        )
    )
    session.execute(text("ANALYZE proposed_members"))
    columns = read_columns(
        session,
        f"""
        SELECT s.position, p.member, s.fault_column IS NULL AS sound, coalesce(standing.number, 0) AS standing_sponsor,
            CASE WHEN s.fault_column = 2 THEN {UNKNOWN_SPONSOR}
                WHEN s.sponsor IS NULL OR standing.number IS NOT NULL THEN {NO_SPONSOR}
                ELSE coalesce(sponsor.member, {UNKNOWN_SPONSOR}) END AS sponsor
        FROM staged_members s
        JOIN proposed_members p ON p.external_id = s.external_id
        LEFT JOIN members standing ON standing.external_id = s.sponsor
        LEFT JOIN proposed_members sponsor ON sponsor.external_id = s.sponsor
        ORDER BY s.position
        """,  # noqa: S608 - whole numbers
        {
            "position": "bigint",
            "member": "bigint",
            "sponsor": "bigint",
            "standing_sponsor": "bigint",
            "sound": "boolean",
        },
    )
    members = session.execute(text("SELECT count(*) FROM proposed_members")).scalar_one()
    return Lines(**columns, members=members)


def record_verdicts(session: Session, position: Ints, verdict: Ints, standing_position: Ints) -> None:
    """What becomes of the lines that do not stand; `standing_position` is the line of the same id that does, or -1."""
    types = {"position": "bigint", "verdict": "bigint", "standing_position": "bigint"}
    definitions = ", ".join(f"{name} {kind} NOT NULL" for name, kind in types.items())
    session.execute(text(f"CREATE TEMPORARY TABLE fallen_members ({definitions}) ON COMMIT DROP"))
    columns = {"position": position, "verdict": verdict, "standing_position": standing_position}
    write_columns(session, "fallen_members", types, columns)
    session.execute(text("ANALYZE fallen_members"))


def record_cycles(session: Session, reasons: Iterable[tuple[int, str]]) -> None:
    """The reason of each line of a cycle."""
    session.execute(text("CREATE TEMPORARY TABLE cyclic_members (position bigint, reason text) ON COMMIT DROP"))
    copy_rows(session, "cyclic_members", ("position", "reason"), reasons)


def names(session: Session, members: Ints) -> dict[int, str]:
    """The external ids of some proposed members."""
    rows = session.execute(
        text("SELECT member, external_id FROM proposed_members WHERE member = ANY(:members)"),
        {"members": members.tolist()},
    )
    return {row.member: row.external_id for row in rows}


def rejected(session: Session) -> Iterator[tuple[int, int, str, str]]:
    """(line, column, code, reason) of each line that neither lands nor stands already, by line.

    Ask before the members are inserted: a line without a verdict is then one whose id stood before this file.
    """
    rows = session.execute(
        text(
            f"""
            WITH judged AS (
                SELECT s.*, c.reason AS cycle,
                    CASE WHEN s.external_id IS NULL THEN {Verdict.UNSOUND}
                        WHEN m.number IS NOT NULL THEN {Verdict.REPEATED} ELSE f.verdict END AS verdict,
                    s.content_hash IS NOT DISTINCT FROM coalesce(i.content_hash, standing.content_hash) AS same
                FROM staged_members s
                LEFT JOIN members m ON m.external_id = s.external_id
                LEFT JOIN member_imports i ON i.member_number = m.number
                LEFT JOIN fallen_members f ON f.position = s.position
                LEFT JOIN staged_members standing ON standing.position = f.standing_position
                LEFT JOIN cyclic_members c ON c.position = s.position
                WHERE s.external_id IS NULL OR m.number IS NOT NULL OR f.verdict IS NOT NULL
            )
            SELECT line,
                CASE WHEN verdict = {Verdict.REPEATED} THEN 1
                    WHEN fault_column <= 2 OR verdict = {Verdict.UNSOUND} THEN fault_column ELSE 2 END AS at,
                CASE WHEN verdict = {Verdict.REPEATED} THEN 'external_id_conflict'
                    WHEN fault_column <= 2 OR verdict = {Verdict.UNSOUND} THEN fault_code
                    WHEN verdict = {Verdict.SPONSOR_UNKNOWN} THEN 'sponsor_unknown'
                    WHEN verdict = {Verdict.SPONSOR_CYCLE} THEN 'sponsor_cycle'
                    ELSE 'sponsor_rejected' END AS code,
                CASE WHEN verdict = {Verdict.REPEATED} THEN 'this id stands already with other content'
                    WHEN fault_column <= 2 OR verdict = {Verdict.UNSOUND} THEN fault_reason
                    WHEN verdict = {Verdict.SPONSOR_UNKNOWN} THEN 'no such member, here or in the file'
                    WHEN verdict = {Verdict.SPONSOR_CYCLE} THEN cycle
                    ELSE 'the sponsor''s own line is rejected' END AS reason
            FROM judged WHERE NOT (verdict = {Verdict.REPEATED} AND same AND content_hash IS NOT NULL)
            ORDER BY position
            """  # noqa: S608 - whole numbers
        ).execution_options(yield_per=5_000)
    )
    for row in rows:
        yield row.line, row.at, row.code, row.reason


def stage_landing(session: Session, position: Ints, number: Ints, ids: Column) -> None:
    """The members that land, as identity takes them."""
    types = {"position": "bigint", "number": "bigint", "id": "uuid"}
    definitions = ", ".join(f"{name} {kind} NOT NULL" for name, kind in types.items())
    session.execute(text(f"CREATE TEMPORARY TABLE landing_ids ({definitions}) ON COMMIT DROP"))
    write_columns(session, "landing_ids", types, {"position": position, "number": number, "id": ids})
    session.execute(
        text(
            f"""
            CREATE TEMPORARY TABLE {LANDING} ON COMMIT DROP AS
            SELECT n.id, n.number, s.external_id, s.joined_at, s.display_name, s.email, s.content_hash
            FROM landing_ids n JOIN staged_members s USING (position) ORDER BY n.number
            """  # noqa: S608 - a constant of this module
        )
    )


def remember_content(session: Session) -> None:
    """Keep what each line said, so that the same line can be told from another one later."""
    session.execute(
        text(
            "INSERT INTO member_imports (member_number, content_hash)"  # noqa: S608 - a constant of this module
            f" SELECT number, content_hash FROM {LANDING}"
        )
    )


def joined_at(session: Session) -> Ints:
    """When those that land joined, in the order of their numbers."""
    columns = read_columns(
        session,
        f"SELECT joined_at FROM {LANDING} ORDER BY number",  # noqa: S608 - a constant of this module
        {"joined_at": "timestamptz"},
    )
    return columns["joined_at"]
