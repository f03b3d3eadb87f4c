"""Nothing that the shop holds of a person is forgotten: the schema itself is asked."""

from __future__ import annotations

import re
from collections import Counter

from flask import Flask
from sqlalchemy import text

from socialshop.infra.db import db
from socialshop.infra.uow import unit_of_work
from socialshop.pages import site
from socialshop.privacy import service
from socialshop.privacy.holdings import EXEMPT, HOLDINGS
from socialshop.web.operations import table_of

# A column that is called so holds a person, or something that a person said or is called; whatever points at a member
# does, however it is called.
_TELLS = re.compile(
    r"(.*_)?(members?|buyer|host|payer|owner|beneficiary|actor|requester|viewer|sponsor|uplines|about|visitor|by|number"
    r"|holder|account|email|phone|birthday|address|street|name|reason|ref|password|facts|sign_off|token)"
    r"(_id|_ids|_number|_numbers|_hash)?"
)
# Numbers of plans, blocks and the like.
_NUMBERS = re.compile(r"(block|plan_version)?_?number")


def _columns() -> list[tuple[str, str]]:
    with unit_of_work() as uow:
        rows = uow.session.execute(
            text(
                """
                SELECT c.table_name, c.column_name, EXISTS (
                    SELECT FROM pg_constraint k
                    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey)
                    WHERE k.contype = 'f' AND k.conrelid = format('%I', c.table_name)::regclass
                        AND k.confrelid IN ('members'::regclass, 'referral_nodes'::regclass)
                        AND a.attname = c.column_name
                ) AS points
                FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
                WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
                ORDER BY c.table_name, c.ordinal_position
                """
            )
        ).all()
    return [
        (table, column)
        for table, column, points in rows
        if points or (_TELLS.fullmatch(column) and not (_NUMBERS.fullmatch(column) and table != "members"))
    ]


def _undeclared() -> list[str]:
    declared = {f"{holding.table}.{column}" for holding in HOLDINGS for column in holding.columns}
    return [f"{t}.{c}" for t, c in _columns() if f"{t}.{c}" not in declared | EXEMPT.keys()]


def test_every_column_that_tells_of_a_person_stands_in_a_holding_or_is_exempt_for_a_reason(app: Flask) -> None:
    assert _undeclared() == []


def test_a_new_table_that_points_at_members_is_seen(app: Flask) -> None:
    """The planted fault: two columns, one by its key, one by its name."""
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(
            text("CREATE TABLE hobbies (who bigint REFERENCES members (number), phone text, hobby text)")
        )
    db.engine.dispose()
    assert _undeclared() == ["hobbies.who", "hobbies.phone"]


def test_no_holding_speaks_of_what_is_not_there_and_every_statement_runs(app: Flask) -> None:
    with unit_of_work() as uow:
        there = {
            (row[0], row[1])
            for row in uow.session.execute(
                text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
            )
        }
    declared = [(holding.table, column) for holding in HOLDINGS for column in holding.columns]
    assert set(declared) - there == set()
    assert [name for name in EXEMPT if tuple(name.split(".")) not in there] == []
    assert [table for table, count in Counter(h.table for h in HOLDINGS).items() if count > 1] == []


def test_whatever_shows_one_members_data_to_the_shops_people_notes_the_look(app: Flask) -> None:
    """By walking the tables of operations and pages: reads under /admin that are about a member's object."""
    silent = [
        row.path
        for row in (*table_of(app).values(), *site.table_of(app).values())
        if row.method == "GET" and "/admin/" in row.path and service.KINDS & set(row.ids.values()) and row.sees is None
    ]
    assert silent == []
