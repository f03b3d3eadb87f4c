"""Wire shapes of leaders' storefronts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from socialshop.deals.schemas.deals import DEAL, DealWire
from socialshop.deals.schemas.pictures import PictureWire
from socialshop.deals.schemas.products import ProductWire
from socialshop.deals.service import (
    LONGEST_INTRO,
    LONGEST_TITLE,
    MOST_PICKS,
    STOREFRONT_PREFIX,
    NewStorefront,
    PickRow,
    Storefront,
)
from socialshop.kernel.ids import from_public, to_public
from socialshop.web.schemas import Wire, with_example

_STOREFRONT: dict[str, Any] = {
    "id": "sfr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "leader": {"id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz", "display_name": "林小满"},
    "title": "小满的茶铺",
    "intro": "",
    "banner": None,
    "picks": [{"deal": DEAL, "product": None}],
}


class DraftStorefront(Wire):
    """What a storefront is to be; `picks` are ids of deals and products in the order in which they stand."""

    model_config = with_example({"title": "小满的茶铺", "picks": ["deal_01k9w3q2mxe5tb6v8c4yd7r1hz"]})

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE)]
    intro: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_INTRO)] = ""
    picks: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=MOST_PICKS)]

    def new(self) -> NewStorefront:
        """The command. Raises NotFound for an id that is neither a deal's nor a product's."""
        picks = [
            PickRow(from_public("deal", pick), None)
            if pick.startswith("deal_")
            else PickRow(None, from_public("prd", pick))
            for pick in self.picks
        ]
        return NewStorefront(self.title, self.intro, picks)


class LeaderWire(Wire):
    """Whose storefront it is; the name is empty once that person has left the shop."""

    id: str
    display_name: str


class PickWire(Wire):
    """What stands at a place: a deal, or a product; the other is null."""

    deal: DealWire | None
    product: ProductWire | None


class StorefrontWire(Wire):
    """A leader's storefront."""

    model_config = with_example(_STOREFRONT)

    id: str
    leader: LeaderWire
    title: str
    intro: str
    banner: PictureWire | None
    picks: list[PickWire]

    @classmethod
    def of(cls, view: Storefront) -> StorefrontWire:
        """The wire form of a storefront."""
        return cls(
            id=to_public(STOREFRONT_PREFIX, view.id),
            leader=LeaderWire(id=to_public("mbr", view.leader_id), display_name=view.leader),
            title=view.title,
            intro=view.intro,
            banner=PictureWire.or_none(view.banner),
            picks=[
                PickWire(
                    deal=None if pick.deal is None else DealWire.of(pick.deal),
                    product=None if pick.product is None else ProductWire.of(pick.product),
                )
                for pick in view.picks
            ],
        )
