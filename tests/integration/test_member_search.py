"""Looking a member up: by how a name or e-mail begins, or by an id; by indexes, however many there are."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event, text

from socialshop.identity import service as identity
from socialshop.infra.db import db
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from tests.web_client import sign_up

MANY = 20_000


def found(sought: str) -> list[str | None]:
    return [row.display_name for row in in_unit_of_work(lambda uow: identity.search(uow, sought, None, None, 10))]


def test_a_member_is_found_by_how_the_name_or_the_mail_begins_in_any_letter_case(app: Flask) -> None:
    lin = sign_up(app, name="林小满", email="Lin.Mei@example.com")
    sign_up(app, name="Mei_Ling 100%")
    sign_up(app, name="Ömer")
    assert found("林") == found("林小") == ["林小满"]
    assert found("小满") == []
    assert found("lin.MEI@") == ["林小满"]
    assert found(to_public("mbr", lin.card.member_id)) == ["林小满"]
    assert found("mei_") == ["Mei_Ling 100%"]
    assert found("ö") == ["Ömer"]


@pytest.mark.parametrize("sought", ["%", "_", "\\", "%%", "mei%", "me_"])
def test_no_sign_stands_for_others(app: Flask, sought: str) -> None:
    sign_up(app, name="Mei Ling")
    assert found(sought) == []


def test_a_name_is_looked_up_in_an_index(app: Flask) -> None:
    def many(sql: str) -> None:
        in_unit_of_work(lambda uow: uow.session.execute(text(sql), {"n": MANY}))

    many(
        "INSERT INTO members (id, joined_at) SELECT gen_random_uuid(), now() FROM generate_series(1, :n)",
    )
    many(
        "INSERT INTO member_profiles (member_id, display_name, locale, time_zone)"
        " SELECT id, md5(number::text), 'zh', 'Asia/Shanghai' FROM members LIMIT :n"
    )
    with db.engine.connect() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("ANALYZE members, member_profiles"))
        connection.commit()
    plans: list[str] = []

    def explain(_connection, cursor, statement, parameters, *_context):  # type: ignore[no-untyped-def]
        if "LIKE lower" in statement and not statement.startswith("EXPLAIN"):
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        found("c4ca")
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    (plan,) = plans
    assert "ix_member_profiles_display_name" in plan
    assert "Seq Scan" not in plan
