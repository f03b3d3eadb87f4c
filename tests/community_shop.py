"""Goods that members have received, and pictures to send: what tests of community begin with."""

from __future__ import annotations

import base64
import io
import secrets
import uuid

from money_people import number_of
from PIL import Image
from sqlalchemy import text
from web_client import Person

from socialshop.deals import service as deals
from socialshop.deals.service import NewProduct, NewSku
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import new_id, to_public


def tea(title: str = "Spring tea") -> tuple[str, uuid.UUID]:
    """A product's public id, and the unit that it is sold in."""
    new = NewProduct(title, "", 7, [NewSku(secrets.token_hex(4), "box", 10_900, 100)])
    product = in_unit_of_work(lambda uow: deals.add_product(uow, uuid.uuid4(), new, "CNY"))
    return to_public("prd", product.id), product.skus[0].id


def received(
    person: Person, sku: uuid.UUID, *, status: str = "received", total: int = 9_900, link: str | None = None
) -> str:
    """The public id of a line of an order that this person placed (through the link of a code), which stands so."""
    number, order, line = number_of(person), new_id(), new_id()

    def add(uow: UnitOfWork) -> None:
        for statement in (
            "INSERT INTO orders (id, external_id, source, buyer, uplines, status, currency, total_minor, ordered_at,"
            " shipped_at, received_at, link_id) VALUES (:order, CAST(:order AS text), 'import', :number, '{}', :status,"
            " 'CNY', :total, :now, :now, CASE WHEN :status IN ('received', 'completed') THEN :now END,"
            " (SELECT id FROM invite_links WHERE code = :code))",
            "INSERT INTO order_lines (id, order_id, line, quantity, amount_minor, sku_id, title)"
            " VALUES (:line, :order, 1, 1, :total, :sku, 'Tea')",
        ):
            values = {"order": order, "line": line, "number": number, "status": status, "total": total, "sku": sku}
            uow.session.execute(text(statement), values | {"now": uow.now, "code": link})

    in_unit_of_work(add)
    return to_public("oln", line)


def picture(width: int = 40, height: int = 20, kind: str = "JPEG", **more: object) -> bytes:
    """A picture file: red at the left, blue at the right."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    written = io.BytesIO()
    image.save(written, kind, **more)
    return written.getvalue()


def in_base64(content: bytes) -> str:
    """As the API takes it."""
    return base64.b64encode(content).decode()


def published(admin: Person, post: str, version: int = 1) -> None:
    """Somebody of the shop has read it."""
    answer = admin.call("POST", f"/admin/posts/{post}/publish", json={"version": version})
    assert answer.status_code == 200, answer.text


def a_note(author: Person, admin: Person, sku: uuid.UUID, title: str = "Three ways") -> str:
    """A published note of the author's."""
    body = {"line_id": received(author, sku), "title": title, "text": "First, warm the cup."}
    answer = author.call("POST", "/notes", json=body)
    assert answer.status_code == 201, answer.text
    post = str(answer.get_json()["id"])
    published(admin, post)
    return post
