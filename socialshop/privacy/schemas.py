"""Wire shapes of privacy."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.identity.service import Consent, Document
from socialshop.kernel.ids import to_public
from socialshop.privacy.service import LONGEST_REASON, MERGE_PREFIX, Leaving, LookRow, Merged, MergeRow
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_CONSENT = {
    "document": "marketing",
    "given": False,
    "version": None,
    "decided_at": None,
    "current_version": "2026-11",
}


class ConsentDecision(Wire):
    """What you agree to from now on, or no longer."""

    model_config = with_example({"document": "marketing", "given": True})

    document: Literal["terms", "names", "personalisation", "marketing"]
    given: bool


class ConsentWire(Wire):
    """How one document stands; `decided_at` of your newest decision about it, null where it stands by default."""

    model_config = with_example(_CONSENT)

    document: str
    given: bool
    version: str | None
    decided_at: Instant | None
    current_version: str

    @classmethod
    def of(cls, consent: Consent) -> ConsentWire:
        """The wire form of a consent."""
        return cls(
            document=consent.document.value,
            given=consent.given,
            version=consent.version,
            decided_at=consent.decided_at,
            current_version=consent.current_version,
        )


class Consents(Wire):
    """How every document stands."""

    model_config = with_example({"data": [_CONSENT]})

    data: list[ConsentWire]


class Export(Wire):
    """All that the shop holds of you: rows by table, why some are not shown, and what stays after erasing."""

    model_config = with_example(
        {
            "format": "socialshop-export-1",
            "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "exported_at": "2026-01-31T12:00:00Z",
            "sections": {"member_profiles": [{"display_name": "林小满", "email": "xiaoman@example.com"}]},
            "not_shown": {"idempotency_answers": "Answers that the person was given already."},
            "kept_after_erasing": {"orders": "The law asks for proof of every sale."},
        }
    )

    format: str
    member_id: str
    exported_at: Instant
    sections: dict[str, list[dict[str, Any]]]
    not_shown: dict[str, str]
    kept_after_erasing: dict[str, str]


class ErasureQuery(Wire):
    """What leaving costs, if anything."""

    gives_up: Literal["money"] | None = Field(None, description="`money`: what the wallet holds falls to the shop")


class RunningPlanWire(Wire):
    """A plan that runs: paid until `ends_at`."""

    name_zh: str
    name_en: str
    paid: MoneyWire | None
    ends_at: Instant | None


class UnusedGiftWire(Wire):
    """A plan that you paid for somebody who has not redeemed it."""

    name_zh: str
    name_en: str
    paid: MoneyWire


class LeavingWire(Wire):
    """What leaving takes from you: `points` count those on their way too."""

    model_config = with_example(
        {
            "money": [{"amount_minor": 1250, "currency": "CNY"}],
            "points": 320,
            "plans": [
                {
                    "name_zh": "会员",
                    "name_en": "Member",
                    "paid": {"amount_minor": 9900, "currency": "CNY"},
                    "ends_at": "2036-01-31T16:00:00Z",
                }
            ],
            "gifts": [],
        }
    )

    money: list[MoneyWire]
    points: int
    plans: list[RunningPlanWire]
    gifts: list[UnusedGiftWire]

    @classmethod
    def of(cls, found: Leaving) -> LeavingWire:
        """The wire form of what is lost."""
        plans = [
            RunningPlanWire(
                name_zh=plan.name_zh,
                name_en=plan.name_en,
                paid=None if plan.paid is None else MoneyWire.of(plan.paid),
                ends_at=plan.ends_at,
            )
            for plan in found.plans
        ]
        gifts = [
            UnusedGiftWire(name_zh=gift.name_zh, name_en=gift.name_en, paid=MoneyWire.of(gift.paid))
            for gift in found.gifts
        ]
        return cls(money=[MoneyWire.of(each) for each in found.money], points=found.points, plans=plans, gifts=gifts)


class LookQuery(PageQuery):
    """Which looks."""

    def before(self) -> int | None:
        """The look that the page before ended with. Raises InvalidFields."""
        after = self.after()
        return after.int if after else None


class LookWire(Wire):
    """That somebody of the shop saw data of yours: by which operation or page, and when."""

    model_config = with_example(
        {
            "looked_at": "2026-01-31T12:00:00Z",
            "saw": "show_payout_request",
            "viewer_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "viewer_role": "finance",
        }
    )

    looked_at: Instant
    saw: str
    viewer_id: str
    viewer_role: str

    @classmethod
    def of(cls, look: LookRow) -> LookWire:
        """The wire form of a look."""
        return cls(
            looked_at=look.looked_at, saw=look.saw, viewer_id=to_public("mbr", look.viewer), viewer_role=look.role
        )


class LookPage(Page[LookWire]):
    """A page of looks, the newest first."""


def document_of(decision: ConsentDecision) -> Document:
    """Which document is decided about."""
    return Document(decision.document)


def place_of(look: LookRow) -> uuid.UUID:
    """A look's place in the list, as cursors spell it."""
    return uuid.UUID(int=look.id)


_MERGE: dict[str, Any] = {
    "id": "mrg_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "gone_member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "kept_member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1j0",
    "status": "open",
    "reason": "The same person, by her own word and phone.",
    "asked_by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1j1",
    "asked_at": "2026-01-31T12:00:00Z",
    "decided_by": None,
    "decided_at": None,
}


class NewMerge(Wire):
    """Which of a person's two accounts goes, which is kept, and why."""

    model_config = with_example({name: _MERGE[name] for name in ("gone_member_id", "kept_member_id", "reason")})

    gone_member_id: str
    kept_member_id: str
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]


class MergeWire(Wire):
    """A merge: asked for by one admin, decided by another."""

    model_config = with_example(_MERGE)

    id: str
    gone_member_id: str
    kept_member_id: str
    status: Literal["open", "merged", "rejected"]
    reason: str
    asked_by: str
    asked_at: Instant
    decided_by: str | None
    decided_at: Instant | None

    @classmethod
    def of(cls, row: MergeRow) -> MergeWire:
        """The wire form of a merge."""
        return cls(**_merge_of(row))


class MergedWire(MergeWire):
    """What came of a merge: how many children came along, what money, and what the two had earned by each other."""

    model_config = with_example(
        _MERGE | {"children": 3, "money": [{"amount_minor": 900, "currency": "CNY"}], "earned_between": []}
    )

    children: int
    money: list[MoneyWire]
    earned_between: list[MoneyWire]

    @classmethod
    def shown(cls, done: Merged) -> MergedWire:
        """The wire form of a merge that was done."""
        return cls(
            **_merge_of(done.merge),
            children=done.children,
            money=[MoneyWire.of(each) for each in done.money],
            earned_between=[MoneyWire.of(each) for each in done.between],
        )


class MergePage(Page[MergeWire]):
    """Merges, the newest first."""

    model_config = with_example({"data": [_MERGE], "next_cursor": None})


def _merge_of(row: MergeRow) -> dict[str, Any]:
    return {
        "id": to_public(MERGE_PREFIX, row.id),
        "gone_member_id": to_public("mbr", row.gone),
        "kept_member_id": to_public("mbr", row.kept),
        "status": row.status,
        "reason": row.reason,
        "asked_by": to_public("mbr", row.asked_by),
        "asked_at": row.asked_at,
        "decided_by": None if row.decided_by is None else to_public("mbr", row.decided_by),
        "decided_at": row.decided_at,
    }
