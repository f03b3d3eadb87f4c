"""Members by the million, for imports: numbers reserved and rows inserted set by set.

A staged table is a temporary table of the running transaction; its columns are the contract.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from socialshop.identity import rules, store
from socialshop.infra.uow import UnitOfWork


def reserve_numbers(uow: UnitOfWork, count: int) -> npt.NDArray[np.int64]:
    """`count` member numbers that nobody else will get, ascending."""
    return np.sort(store.take_numbers(uow.session, count))


def add_staged_members(uow: UnitOfWork, staged: str) -> None:
    """Insert the members of a staged table: `id, number, external_id, joined_at, display_name, email`.

    A profile is made only for those of whom a name or an e-mail is known; without a name, the external id stands for
    it. Nobody can sign in so: an admin attaches an e-mail first.
    """
    store.add_staged(uow.session, staged, rules.LONGEST_NAME)


def imported_name(text: str) -> str | None:
    """A display name from a file: line ends and runs of blanks become one blank. Raises InvalidValue."""
    name = " ".join(text.split())
    return rules.trimmed_name(name) if name else None


def imported_email(text: str) -> str | None:
    """An e-mail from a file, as it is kept, or nothing. Raises InvalidValue."""
    return rules.normalized_email(text) if text else None
