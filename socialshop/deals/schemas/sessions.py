"""Wire shapes of flash sessions."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from socialshop.deals.flash import LONGEST_BRAND, LONGEST_NAME, LONGEST_STREAM, LONGEST_WORDS, MOST_PICKS
from socialshop.deals.schemas.deals import DEAL, DealWire
from socialshop.deals.schemas.products import ProductWire
from socialshop.deals.schemas.storefronts import LeaderWire
from socialshop.deals.service import (
    SESSION_PREFIX,
    FlashSession,
    NewSession,
    Pulse,
    SessionFace,
    SessionPick,
    Shown,
)
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import from_public, to_public
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, Wire, absent, with_example

_ID = "fls_01k9w3q2mxe5tb6v8c4yd7r1hz"
_FACE: dict[str, Any] = {
    "id": _ID,
    "status": "announced",
    "opened_by": {"id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz", "display_name": "林小满"},
    "brand": "山间茶",
    "title": "春茶两小时",
    "intro": "",
    "starts_at": "2027-01-31T12:00:00Z",
    "ends_at": "2027-01-31T14:00:00Z",
    "stream_url": "https://live.bilibili.com/1",
}
_PICKED = {"id": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz", "while_live": False}

Brand = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_BRAND)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Intro = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_WORDS)]
Stream = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_STREAM)]
PickId = Annotated[str, StringConstraints(max_length=60)]


class Picked(Wire):
    """A deal or product of a session; a deal of `while_live` begins and ends with it (without a word all do)."""

    id: PickId
    while_live: bool = True

    def pick(self) -> SessionPick:
        """The pick. Raises NotFound for an id that is neither a deal's nor a product's."""
        kind, wanted = pick_of(self.id)
        return SessionPick(wanted, None, self.while_live) if kind == "deal" else SessionPick(None, wanted)


Picks = Annotated[list[Picked], Field(min_length=1, max_length=MOST_PICKS)]


def pick_of(public: str) -> tuple[str, uuid.UUID]:
    """Whether this is a deal or a product, and its id. Raises NotFound."""
    kind = "deal" if public.startswith("deal_") else "prd"
    return kind, from_public(kind, public)


class DraftSession(Wire):
    """What a session is to be; without `starts_at` it is live at once."""

    model_config = with_example(
        {"brand": "山间茶", "title": "春茶两小时", "ends_at": "2027-01-31T14:00:00Z", "picks": [_PICKED]}
        | {"starts_at": "2027-01-31T12:00:00Z"}
    )

    brand: Brand
    title: Name
    intro: Intro = ""
    starts_at: GivenInstant | None = None
    ends_at: GivenInstant
    stream_url: Stream | None = None
    picks: Picks

    def new(self) -> NewSession:
        """The command."""
        picks = [picked.pick() for picked in self.picks]
        return NewSession(self.brand, self.title, self.intro, self.starts_at, self.ends_at, self.stream_url, picks)


class SessionEdit(Wire):
    """What is given changes, what is absent stays; a stream of null is none."""

    model_config = with_example({"stream_url": None})

    brand: Brand = absent()
    title: Name = absent()
    intro: Intro = absent()
    starts_at: GivenInstant = absent()
    ends_at: GivenInstant = absent()
    stream_url: Stream | None = absent()
    picks: Picks = absent()

    def changes(self) -> dict[str, object]:
        """What was given, as fields of the command. Raises InvalidValue for nothing at all."""
        given: dict[str, object] = {name: getattr(self, name) for name in self.model_fields_set}
        if not given:
            raise InvalidValue("say what is to change")
        if "picks" in given:
            given["picks"] = [picked.pick() for picked in self.picks]
        return given


class Pinning(Wire):
    """What is to be pinned: a deal or product of the session, or null for nothing."""

    model_config = with_example({"pick_id": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    pick_id: PickId | None

    def wanted(self) -> uuid.UUID | None:
        """Its id. Raises NotFound."""
        return None if self.pick_id is None else pick_of(self.pick_id)[1]


class ShownWire(Wire):
    """What stands at a place: a deal, or a product; the other is null."""

    deal: DealWire | None
    product: ProductWire | None
    while_live: bool
    pinned: bool

    @classmethod
    def of(cls, shown: Shown) -> ShownWire:
        """The wire form of a pick."""
        return cls(
            deal=None if shown.deal is None else DealWire.of(shown.deal),
            product=None if shown.product is None else ProductWire.of(shown.product),
            while_live=shown.holds,
            pinned=shown.is_pinned,
        )


class SessionFaceWire(Wire):
    """A session without what stands in it."""

    model_config = with_example(_FACE)

    id: str
    status: str
    opened_by: LeaderWire
    brand: str
    title: str
    intro: str
    starts_at: Instant
    ends_at: Instant
    stream_url: str | None

    @classmethod
    def of(cls, face: SessionFace) -> SessionFaceWire:
        """The wire form of a session in a list."""
        return cls(**_face(face))


class SessionWire(SessionFaceWire):
    """A session with what stands in it, in order."""

    model_config = with_example(
        {**_FACE, "picks": [{"deal": DEAL, "product": None, "while_live": True, "pinned": False}]}
    )

    picks: list[ShownWire]

    @classmethod
    def of_whole(cls, view: FlashSession) -> SessionWire:
        """The wire form of a session."""
        return cls(**_face(view.face), picks=[ShownWire.of(shown) for shown in view.picks])


class SessionPage(Page[SessionFaceWire]):
    """A page of sessions."""


class PulseWire(Wire):
    """What changes while people look at a session; `pinned` is the id of a deal or product, or null."""

    model_config = with_example({"status": "live", "pinned": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz", "stream_url": None})

    status: str
    pinned: str | None
    stream_url: str | None

    @classmethod
    def of(cls, pulse: Pulse) -> PulseWire:
        """The wire form."""
        pinned = None if pulse.pinned is None else to_public(*pulse.pinned)
        return cls(status=pulse.status.value, pinned=pinned, stream_url=pulse.stream_url)


class ReminderWire(Wire):
    """Whether you will be told when the session begins."""

    model_config = with_example({"session_id": _ID, "asked": True})

    session_id: str
    asked: bool


def _face(face: SessionFace) -> dict[str, Any]:
    return {
        "id": to_public(SESSION_PREFIX, face.id),
        "status": face.status.value,
        "opened_by": LeaderWire(id=to_public("mbr", face.opener_id), display_name=face.opener),
        "brand": face.brand,
        "title": face.title,
        "intro": face.intro,
        "starts_at": face.starts_at,
        "ends_at": face.ends_at,
        "stream_url": face.stream_url,
    }
