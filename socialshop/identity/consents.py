"""What a person agreed to, in which version, when; given and withdrawn, each a row that stays.

Being named to those who share a team, and goods chosen for oneself, stand with the terms until they are withdrawn;
marketing never stands unless it is given. The rule is the database's function `consent_stands`, for lists ask it too.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from socialshop.identity import consent_store as store
from socialshop.identity import rules
from socialshop.identity.errors import TermsNeeded
from socialshop.infra.uow import UnitOfWork


class Document(StrEnum):
    """What can be agreed to."""

    TERMS = "terms"
    NAMES = "names"
    PERSONALISATION = "personalisation"
    MARKETING = "marketing"


# What each document says today; another version is agreed to anew.
VERSIONS = {
    Document.TERMS: rules.TERMS_VERSION,
    Document.NAMES: "2026-11",
    Document.PERSONALISATION: "2026-11",
    Document.MARKETING: "2026-11",
}


@dataclass(frozen=True, slots=True)
class Consent:
    """How one document stands; `decided_at` and `version` of the newest decision, None where there was none."""

    document: Document
    given: bool
    version: str | None
    decided_at: datetime | None
    current_version: str


def consents_of(uow: UnitOfWork, member_id: uuid.UUID) -> list[Consent]:
    """How every document stands with a member. One statement."""
    found = {row.document: row for row in store.standing(uow.session, member_id, list(Document))}
    return [
        Consent(
            document, found[document].given, found[document].version, found[document].decided_at, VERSIONS[document]
        )
        for document in Document
    ]


def has_consented(uow: UnitOfWork, member_id: uuid.UUID, document: Document) -> bool:
    """Whether a member agrees to this now. One statement."""
    return store.stands(uow.session, member_id, document)


def decide_consent(uow: UnitOfWork, member_id: uuid.UUID, document: Document, *, given: bool) -> None:
    """Give or withdraw consent to today's version; said again, nothing is added. Raises TermsNeeded.

    The terms can be given anew, as when they have changed, and not withdrawn: who does not want them any more leaves.
    """
    if document is Document.TERMS and not given:
        raise TermsNeeded("the terms are what membership rests on; to withdraw them, erase your account")
    row = next(iter(store.standing(uow.session, member_id, [document])))
    if row.given == given and row.version == VERSIONS[document]:
        return
    store.add(uow.session, member_id, document, VERSIONS[document], given=given, at=uow.now)
