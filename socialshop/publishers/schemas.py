"""Wire shapes of publishers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from socialshop.commissions.service import DISALLOWANCE_PREFIX, DisallowanceRow, Disallowed
from socialshop.kernel.ids import to_public
from socialshop.publishers.service import LONGEST_NAME, LONGEST_REASON, LONGEST_URL, Site, SiteKind, Status
from socialshop.publishers.store import PublisherRow
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_SITE: dict[str, Any] = {"site_name": "Tea notes", "site_url": "https://tea.example/", "kind": "blog"}
_PUBLISHER: dict[str, Any] = {
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "display_name": "林小满",
    **_SITE,
    "status": "open",
    "reason": None,
    "applied_at": "2026-01-31T12:00:00Z",
    "decided_at": None,
}
_STRUCK: dict[str, Any] = {"kind": "click", "first_day": "2026-01-30", "last_day": "2026-01-31"}
_DISALLOWANCE: dict[str, Any] = {
    "id": "dis_01k9w3q2mxe5tb6v8c4yd7r1hz",
    **_STRUCK,
    "reason": "clicked by a farm",
    "disallowed_at": "2026-02-03T12:00:00Z",
}
_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]


class SiteWire(Wire):
    """Where you would bring people from."""

    model_config = with_example(_SITE)

    site_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
    site_url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_URL)]
    kind: SiteKind

    def site(self) -> Site:
        """As the service takes it."""
        return Site(self.site_name, self.site_url, self.kind)


class PublisherWire(Wire):
    """A publisher, or who asks to be one."""

    model_config = with_example(_PUBLISHER)

    member_id: str
    display_name: str
    site_name: str
    site_url: str
    kind: SiteKind
    status: Status
    reason: str | None = Field(description="why the shop decided so")
    applied_at: Instant
    decided_at: Instant | None

    @classmethod
    def of(cls, row: PublisherRow) -> Self:
        """The wire form of a publisher."""
        said = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        known = {"member_id": to_public("mbr", row.member_id), "display_name": row.display_name or ""}
        return cls.model_validate({**said, **known})


class PublisherPage(Page[PublisherWire]):
    """Publishers."""

    model_config = with_example({"data": [_PUBLISHER], "next_cursor": None})


class PublisherQuery(PageQuery):
    """Which publishers: those that wait, by default."""

    status: Status = "open"


class PublisherDecision(Wire):
    """Why the shop decides so: the member reads it."""

    model_config = with_example({"reason": "Welcome."})

    reason: _Reason


class NewDisallowance(Wire):
    """Which counts are none: of all the publisher's links, or of one, on these days of the shop's."""

    model_config = with_example({**_STRUCK, "reason": _DISALLOWANCE["reason"]})

    kind: Literal["click", "view"]
    first_day: date
    last_day: date
    link: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    reason: _Reason


class DisallowedWire(Wire):
    """How many had been counted, and what was taken back of what they earned."""

    model_config = with_example(
        {"id": _DISALLOWANCE["id"], "counted": 740, "taken_back": {"amount_minor": 2220, "currency": "CNY"}}
    )

    id: str
    counted: int
    taken_back: MoneyWire

    @classmethod
    def of(cls, done: Disallowed) -> Self:
        """The wire form of what was done."""
        taken = MoneyWire.of(done.taken)
        return cls(id=to_public(DISALLOWANCE_PREFIX, done.id), counted=done.counted, taken_back=taken)


class DisallowanceWire(Wire):
    """Counts that were found to be none, and why."""

    model_config = with_example(_DISALLOWANCE)

    id: str
    kind: Literal["click", "view"]
    first_day: date
    last_day: date
    reason: str
    disallowed_at: Instant

    @classmethod
    def of(cls, row: DisallowanceRow) -> Self:
        """The wire form of a disallowance."""
        said = {name: getattr(row, name) for name in cls.model_fields}
        return cls.model_validate({**said, "id": to_public(DISALLOWANCE_PREFIX, row.id)})


class DisallowancePage(Page[DisallowanceWire]):
    """What was struck out, the newest first."""

    model_config = with_example({"data": [_DISALLOWANCE], "next_cursor": None})
