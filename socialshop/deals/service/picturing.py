"""Pictures of goods, kept by admins, and banners of storefronts, kept by their leaders."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialshop.audit import service as audit
from socialshop.deals import picture_store, pictures, storefront_store
from socialshop.deals.pictures import LONGEST_ALT, MOST_PICTURES, ShownPicture
from socialshop.deals.service.reading import Caller
from socialshop.deals.service.stocking import ProductView, product
from socialshop.deals.service.storefronts import STOREFRONT_PREFIX, Storefront, storefront
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.pictures import Size, in_sizes
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

PICTURE_PREFIX = "gpc"


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A file as it was sent, and what it shows, in English and Chinese."""

    content: bytes
    alt_en: str
    alt_zh: str


def add_picture(uow: UnitOfWork, actor: uuid.UUID, product_id: uuid.UUID, new: NewPicture) -> ProductView:
    """Show a picture of a product, behind those it has. Raises NotFound, InvalidValue, PictureRefused (`content`)."""
    alt_en, alt_zh = _checked(new.alt_en, new.alt_zh)
    # Looked at before the product's row is held: to decode a picture takes its time.
    sized = in_sizes(new.content, "content")
    places = _locked(uow, product_id)
    if len(places) >= MOST_PICTURES:
        raise InvalidValue("a product has up to 8 pictures", field="content")
    picture_id, place = new_id(), len(places) + 1
    values = {"id": picture_id, "product_id": product_id, "place": place, "alt_en": alt_en, "alt_zh": alt_zh}
    picture_store.add(uow.session, sized, values, uow.now)
    facts = {"picture": to_public(PICTURE_PREFIX, picture_id), "digest": sized.digest}
    _record(uow, actor, "product.picture_added", product_id, facts)
    return product(uow, product_id)


def order_pictures(uow: UnitOfWork, actor: uuid.UUID, product_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> ProductView:
    """Show a product's pictures in this order; the first stands for it.

    Raises NotFound; InvalidValue where not each of them is named once.
    """
    kept = _locked(uow, product_id)
    if sorted(ids) != sorted(kept):
        raise InvalidValue("the order names each of the product's pictures once", field="ids")
    if list(ids) != kept:
        picture_store.put_in_order(uow.session, ids)
        names = [to_public(PICTURE_PREFIX, picture_id) for picture_id in ids]
        _record(uow, actor, "product.pictures_ordered", product_id, {"pictures": names})
    return product(uow, product_id)


def describe_picture(uow: UnitOfWork, actor: uuid.UUID, picture_id: uuid.UUID, alt_en: str, alt_zh: str) -> ProductView:
    """Say otherwise what a picture of a product shows. Raises NotFound, InvalidValue."""
    said = _checked(alt_en, alt_zh)
    product_id = _product_of(uow, picture_id)
    picture_store.describe(uow.session, picture_id, *said)
    _record(uow, actor, "product.picture_described", product_id, {"picture": to_public(PICTURE_PREFIX, picture_id)})
    return product(uow, product_id)


def remove_picture(uow: UnitOfWork, actor: uuid.UUID, picture_id: uuid.UUID) -> uuid.UUID:
    """Show a picture of a product no more; returns the product's id. Raises NotFound."""
    product_id = _product_of(uow, picture_id)
    left = [other for other in _locked(uow, product_id) if other != picture_id]
    picture_store.remove(uow.session, picture_id)
    picture_store.put_in_order(uow.session, left)
    _record(uow, actor, "product.picture_removed", product_id, {"picture": to_public(PICTURE_PREFIX, picture_id)})
    return product_id


def set_banner(uow: UnitOfWork, caller: Caller, new: NewPicture) -> Storefront:
    """Show a banner over the own storefront, in place of the one before.

    Raises NotFound (no storefront yet), StandingLimited, InvalidValue, PictureRefused (`content`).
    """
    identity.require_standing(uow, caller.number, Deed.OPEN)
    alt_en, alt_zh = _checked(new.alt_en, new.alt_zh)
    sized = in_sizes(new.content, "content")
    storefront_id = _own_storefront(uow, caller)
    picture_store.remove_banner(uow.session, storefront_id)
    values = {"id": new_id(), "storefront_id": storefront_id, "alt_en": alt_en, "alt_zh": alt_zh}
    picture_store.add(uow.session, sized, values, uow.now)
    target = to_public(STOREFRONT_PREFIX, storefront_id)
    facts = {"digest": sized.digest}
    audit.record(uow, actor=caller.member_id, action="storefront.banner_set", target=target, facts=facts)
    return storefront(uow, storefront_id)


def remove_banner(uow: UnitOfWork, caller: Caller) -> None:
    """Show no banner any more; where there is none nothing changes. Raises NotFound (no storefront yet)."""
    storefront_id = _own_storefront(uow, caller)
    if picture_store.remove_banner(uow.session, storefront_id):
        target = to_public(STOREFRONT_PREFIX, storefront_id)
        audit.record(uow, actor=caller.member_id, action="storefront.banner_removed", target=target, facts={})


def take_down_banner(uow: UnitOfWork, actor: uuid.UUID, storefront_id: uuid.UUID, reason: str) -> Storefront:
    """Show a leader's banner no more, for the shop, and tell the leader why.

    Where there is none nothing changes. Raises NotFound.
    """
    shown = storefront(uow, storefront_id)
    if shown.banner is None or not picture_store.remove_banner(uow.session, storefront_id):
        return shown
    row, subject = storefront_store.find(uow.session, storefront_id), f"{storefront_id} {shown.banner.id}"
    if row is not None:
        notifications.tell(uow, [Told(row.leader, "banner_taken_down", subject, None, None, {"reason": reason})])
    target = to_public(STOREFRONT_PREFIX, storefront_id)
    audit.record(uow, actor=actor, action="storefront.banner_taken_down", target=target, facts={"reason": reason})
    return storefront(uow, storefront_id)


def cover_of_deal(uow: UnitOfWork, deal_id: uuid.UUID) -> ShownPicture | None:
    """What stands for a deal's goods; None where there is no picture. One statement."""
    return pictures.read(picture_store.cover_of_deal(uow.session, deal_id))


def picture_file(uow: UnitOfWork, digest: str, size: Size) -> bytes:
    """The bytes of a picture (WebP) in a size. Raises NotFound."""
    found = picture_store.content(uow.session, digest, size)
    if found is None:
        raise NotFound("no such picture")
    return found


def _own_storefront(uow: UnitOfWork, caller: Caller) -> uuid.UUID:
    row = storefront_store.lock_own(uow.session, caller.number)
    if row is None:
        raise NotFound("you have no storefront yet")
    return row


def _locked(uow: UnitOfWork, product_id: uuid.UUID) -> list[uuid.UUID]:
    if not picture_store.lock_product(uow.session, product_id):
        raise NotFound("no such product")
    return picture_store.ids_of(uow.session, product_id)


def _product_of(uow: UnitOfWork, picture_id: uuid.UUID) -> uuid.UUID:
    found = picture_store.product_of(uow.session, picture_id)
    if found is None:
        raise NotFound("no such picture")
    return found


def _checked(alt_en: str, alt_zh: str) -> tuple[str, str]:
    said = (alt_en.strip(), alt_zh.strip())
    for field, words in zip(("alt_en", "alt_zh"), said, strict=True):
        if not 1 <= len(words) <= LONGEST_ALT:
            raise InvalidValue("what a picture shows is said in 1 to 200 characters", field=field)
    return said


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, product_id: uuid.UUID, facts: Mapping[str, object]) -> None:
    audit.record(uow, actor=actor, action=action, target=to_public("prd", product_id), facts=facts)
