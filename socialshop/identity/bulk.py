"""Members by the million, for imports: numbers reserved and rows inserted set by set.

A staged table is a temporary table of the running transaction; its columns are the contract.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from socialshop.identity import rules
from socialshop.infra.columns import read_columns
from socialshop.infra.uow import UnitOfWork

_IDENTIFIER = re.compile(r"[a-z_]+", re.ASCII)


def reserve_numbers(uow: UnitOfWork, count: int) -> npt.NDArray[np.int64]:
    """`count` member numbers that nobody else will get, ascending."""
    taken = read_columns(
        uow.session,
        "SELECT nextval(pg_get_serial_sequence('members', 'number')) AS number"  # noqa: S608 - a whole number
        f" FROM generate_series(1, {int(count)})",
        {"number": "bigint"},
    )
    return np.sort(taken["number"])


def add_staged_members(uow: UnitOfWork, staged: str) -> None:
    """Insert the members of a staged table: `id, number, external_id, joined_at, display_name, email`.

    A profile is made only for those of whom a name or an e-mail is known; without a name, the external id stands for
    it. Nobody can sign in so: an admin attaches an e-mail first.
    """
    if not _IDENTIFIER.fullmatch(staged):
        raise ValueError(f"not an identifier: {staged!r}")
    members = f"""
        INSERT INTO members (id, number, external_id, joined_at)
        SELECT id, number, external_id, joined_at FROM {staged}
    """  # noqa: S608 - an identifier, checked
    profiles = f"""
        INSERT INTO member_profiles (member_id, display_name, email)
        SELECT id, coalesce(display_name, left(external_id, {rules.LONGEST_NAME})), email FROM {staged}
        WHERE display_name IS NOT NULL OR email IS NOT NULL
    """  # noqa: S608 - an identifier, checked
    for statement in (members, profiles):
        uow.session.execute(text(statement))


def imported_name(text: str) -> str | None:
    """A display name from a file: line ends and runs of blanks become one blank. Raises InvalidValue."""
    name = " ".join(text.split())
    return rules.trimmed_name(name) if name else None


def imported_email(text: str) -> str | None:
    """An e-mail from a file, as it is kept, or nothing. Raises InvalidValue."""
    return rules.normalized_email(text) if text else None
