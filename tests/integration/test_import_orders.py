"""Orders from CSV: exact amounts, faults by line and field, sales in the books, and that a second run adds nothing."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from csv_imports import MEMBERS, ORDERS, codes, in_unit, members, orders, rows, silent, written
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from socialshop.infra.rejects import Imported, Rejected
from socialshop.infra.uow import unit_of_work
from socialshop.orders.service import import_orders
from socialshop.referrals import service as referrals
from socialshop.referrals.store import TREE_LOCK

JOINED = "1997-01-01T12:00:00Z"
AT = "1997-02-01T12:00:00Z"
FULL = f"{ORDERS},quantity,host_external_id,received_at"


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Flask:
    """A shop with members a and b."""
    members(written(tmp_path, MEMBERS, f"a,,{JOINED}", f"b,a,{JOINED}"))
    return app


def _postings() -> list[tuple[object, ...]]:
    return rows(
        "SELECT a.name, p.amount_minor, p.currency FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id"
        " ORDER BY p.entry_id, p.line"
    )


def test_an_order_lands_paid_received_and_posted(shop: Flask, tmp_path: Path) -> None:
    counts, rejects = orders(written(tmp_path, FULL, f"o1,b,{AT},29.33,USD,2,a,1997-02-03T00:00:00+08:00"))
    assert (counts, rejects) == (Imported(1, 1, 0, 0), [])
    found = rows(
        "SELECT o.external_id, o.source, o.status, o.currency, o.total_minor, l.quantity, l.amount_minor,"
        " b.external_id, h.external_id, to_char(o.received_at, 'YYYY-MM-DD HH24:MI') FROM orders o"
        " JOIN order_lines l ON l.order_id = o.id JOIN members b ON b.number = o.buyer"
        " JOIN members h ON h.number = o.host"
    )
    assert found == [("o1", "import", "received", "USD", 2933, 2, 2933, "b", "a", "1997-02-02 16:00")]
    assert _postings() == [("provider:import:clearing", -2933, "USD"), ("shop:sales", 2933, "USD")]
    assert rows("SELECT name, payload -> 'order_ids' ->> 0 FROM outbox_events") == [
        ("OrdersConfirmed", *(str(key) for key in rows("SELECT id FROM orders")[0]))
    ]


def test_an_order_keeps_the_uplines_that_its_buyer_had_when_it_landed(shop: Flask, tmp_path: Path) -> None:
    orders(written(tmp_path, ORDERS, f"o1,a,{AT},1,USD", f"o2,b,{AT},1,USD"))
    number = dict(rows("SELECT external_id, number FROM members"))
    in_unit(
        lambda uow: referrals.correct_sponsor(
            uow, member_number=cast("int", number["b"]), new_sponsor=None, reason="misread", by="test"
        )
    )
    orders(written(tmp_path, ORDERS, f"o3,b,{AT},1,USD"))
    assert rows("SELECT external_id, uplines FROM orders ORDER BY 1") == [("o1", []), ("o2", [number["a"]]), ("o3", [])]


def test_a_correction_waits_until_the_orders_that_read_the_tree_stand(shop: Flask, tmp_path: Path) -> None:
    with unit_of_work() as uow:
        import_orders(uow, written(tmp_path, ORDERS, f"o1,b,{AT},1,USD"), reject=print, progress=silent)
        held = uow.session.execute(
            text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                " AND (CAST(classid AS bigint) << 32) + CAST(objid AS bigint) = hashtextextended(:tree, 0)"
            ),
            {"tree": TREE_LOCK},
        ).scalar_one()
    assert held == 1


def test_a_free_order_lands_and_posts_nothing(shop: Flask, tmp_path: Path) -> None:
    assert orders(written(tmp_path, ORDERS, f"o1,a,{AT},0.00,USD", f"o2,a,{AT},0,JPY"))[0].landed == 2
    assert _postings() == []
    assert rows("SELECT received_at = ordered_at FROM orders") == [(True,), (True,)]


def test_each_currency_keeps_its_own_decimals(shop: Flask, tmp_path: Path) -> None:
    amounts = [("12", "JPY"), ("12.345", "KWD"), ("0.0001", "CLF"), ("12.5", "CNY"), ("10000000000", "USD")]
    path = written(tmp_path, ORDERS, *[f"o{i},a,{AT},{a},{c}" for i, (a, c) in enumerate(amounts)])
    assert orders(path)[0].landed == 5
    found = rows("SELECT total_minor FROM orders ORDER BY external_id")
    assert found == [(12,), (12_345,), (1,), (1_250,), (10**12,)]


def test_events_carry_at_most_a_thousand_orders(shop: Flask, tmp_path: Path) -> None:
    orders(written(tmp_path, ORDERS, *[f"o{i},a,{AT},1.00,CNY" for i in range(2_500)]))
    assert rows("SELECT jsonb_array_length(payload -> 'order_ids') FROM outbox_events ORDER BY id") == [
        (1_000,),
        (1_000,),
        (500,),
    ]
    assert rows("SELECT count(*) FROM ledger_entries") == [(2_500,)]


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (f",a,{AT},1.00,USD,1,,", "external_id", "missing"),
        (f"o,,{AT},1.00,USD,1,,", "member_external_id", "missing"),
        (f"o,x,{AT},1.00,USD,1,,", "member_external_id", "member_unknown"),
        ("o,a,,1.00,USD,1,,", "ordered_at", "missing"),
        ("o,a,1997-02-30T12:00:00Z,1.00,USD,1,,", "ordered_at", "invalid_instant"),
        ("o,a,1997-02-01 12:00,1.00,USD,1,,", "ordered_at", "invalid_instant"),
        ("o,a,1997-02-01T12:00:00+8,1.00,USD,1,,", "ordered_at", "invalid_instant"),
        ("o,a,2999-01-01T00:00:00Z,1.00,USD,1,,", "ordered_at", "in_future"),
        ("o,a,1997-01-01T11:59:59Z,1.00,USD,1,,", "ordered_at", "before_joined"),
        (f"o,a,{AT},,USD,1,,", "amount", "missing"),
        (f"o,a,{AT},-5.00,USD,1,,", "amount", "negative_amount"),
        (f'o,a,{AT},"12,50",USD,1,,', "amount", "invalid_amount"),
        (f"o,a,{AT},1e3,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},+1,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},.5,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT}, 1,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},١,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},10.005,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},1.0,JPY,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},10000000000.01,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},{'9' * 500},USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},NaN,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},=1+1,USD,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},1.00,,1,,", "currency", "missing"),
        (f"o,a,{AT},1.00,ZZZ,1,,", "currency", "unknown_currency"),
        (f"o,a,{AT},1.00,usd,1,,", "currency", "unknown_currency"),
        (f"o,a,{AT},1.00,XAU,1,,", "currency", "unknown_currency"),
        (f"o,a,{AT},-1.00,ZZZ,1,,", "amount", "negative_amount"),
        (f"o,a,{AT},1e3,ZZZ,1,,", "amount", "invalid_amount"),
        (f"o,a,{AT},1.00,USD,0,,", "quantity", "invalid_quantity"),
        (f"o,a,{AT},1.00,USD,-1,,", "quantity", "invalid_quantity"),
        (f"o,a,{AT},1.00,USD,1.5,,", "quantity", "invalid_quantity"),
        (f"o,a,{AT},1.00,USD,1000001,,", "quantity", "invalid_quantity"),
        (f"o,a,{AT},1.00,USD,1,x,", "host_external_id", "host_unknown"),
        (f"o,a,{AT},1.00,USD,1,,1997-01-31T12:00:00Z", "received_at", "received_before_ordered"),
        (f"o,a,{AT},1.00,USD,1,,2999-01-31T12:00:00Z", "received_at", "in_future"),
        (f"o,a,{AT},1.00,USD,1,,soon", "received_at", "invalid_instant"),
        ("o,x,never,abc,ZZZ,0,y,soon", "member_external_id", "member_unknown"),
        ("o,a,never,abc,ZZZ,0,y,soon", "ordered_at", "invalid_instant"),
        (f"o,a,{AT},1.00,USD", "quantity", "field_count"),
        (f"o,a,{AT},1.00,USD,1,,,9", "received_at", "field_count"),
    ],
)
def test_a_bad_line_is_rejected_by_its_first_fault(
    shop: Flask, tmp_path: Path, line: str, field: str, code: str
) -> None:
    counts, rejects = orders(written(tmp_path, FULL, f"good,a,{AT},1.00,USD,1,,", line))
    assert counts == Imported(read=2, landed=1, already=0, rejected=1)
    assert codes(rejects) == [(3, field, code)]
    assert rows("SELECT external_id FROM orders") == [("good",)]


def test_no_reason_repeats_the_input(shop: Flask, tmp_path: Path) -> None:
    """So nothing in the report of rejected lines can be a spreadsheet's formula."""
    path = written(tmp_path, FULL, "=cmd(),=cmd(),=cmd(),=cmd(),=cmd(),=cmd(),=cmd(),=cmd()", *["=x"] * 2)
    _, rejects = orders(path)
    assert len(rejects) == 3
    assert not any("cmd" in r.reason or r.reason[0] in "=+-@" for r in rejects)


def test_repeats_count_as_landed_or_are_conflicts(shop: Flask, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        ORDERS,
        f"o1,a,{AT},abc,USD",
        f"o1,a,{AT},1.00,USD",
        f"o1,a,{AT},1.0,USD",
        f"o1,b,{AT},1.00,USD",
        f"o1,a,{AT},,USD",
        f"o2,a,{AT},1.00,USD",
    )
    counts, rejects = orders(path)
    assert counts == Imported(read=6, landed=2, already=1, rejected=3)
    assert codes(rejects) == [
        (2, "amount", "invalid_amount"),
        (5, "external_id", "external_id_conflict"),
        (6, "external_id", "external_id_conflict"),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        f"o1,b,{AT},1.00,USD,2,b,",
        "o1,a,1997-02-01T12:00:01Z,1.00,USD,2,b,",
        f"o1,a,{AT},1.01,USD,2,b,",
        f"o1,a,{AT},1.00,EUR,2,b,",
        f"o1,a,{AT},1.00,USD,1,b,",
        f"o1,a,{AT},1.00,USD,2,a,",
        f"o1,a,{AT},1.00,USD,2,,",
        f"o1,a,{AT},1.00,USD,2,b,1997-02-01T12:00:01Z",
    ],
)
def test_any_other_content_under_a_landed_id_is_a_conflict(shop: Flask, tmp_path: Path, changed: str) -> None:
    orders(written(tmp_path, FULL, f"o1,a,{AT},1.00,USD,2,b,"))
    before = rows("SELECT * FROM orders JOIN order_lines ON order_id = orders.id")
    counts, rejects = orders(written(tmp_path, FULL, changed, f"o1,a,1997-02-01T20:00:00+08:00,1,USD,2,b,{AT}"))
    assert counts == Imported(read=2, landed=0, already=1, rejected=1)
    assert codes(rejects) == [(2, "external_id", "external_id_conflict")]
    assert rows("SELECT * FROM orders JOIN order_lines ON order_id = orders.id") == before
    assert rows("SELECT count(*) FROM ledger_entries") == [(1,)]


_WHO = {"a": True, "b": True, "x": False}
_AMOUNT = {"1.00": 100, "2.50": 250, "0": 0, "1e3": None, "-1": None, "": None}
_CURRENCY = {"USD": True, "EUR": True, "ZZZ": False}
_QUANTITY = {"": 1, "1": 1, "3": 3, "0": None}
_ORDERED = {AT: True, "1997-02-02T00:00:00Z": True, "1990-01-01T00:00:00Z": False, "1997-02-01": False}
_lines = st.tuples(
    st.sampled_from(["o1", "o2", "o3", ""]),
    *(st.sampled_from(sorted(known)) for known in (_WHO, _ORDERED, _AMOUNT, _CURRENCY, _QUANTITY)),
)


def _expected(lines: list[tuple[str, ...]]) -> tuple[dict[str, object], list[tuple[int, str]], int]:
    """The rules as one reads them, line after line: (what landed, (line, field) rejected, stood already)."""
    landed: dict[str, object] = {}
    rejected, already = [], 0
    for line, (order, who, at, amount, currency, quantity) in enumerate(lines, 2):
        faults = [
            ("external_id", not order),
            ("member_external_id", not _WHO[who]),
            # The instant is only too early for somebody who is known.
            ("ordered_at", not _ORDERED[at] and (_WHO[who] or at == "1997-02-01")),
            ("amount", _AMOUNT[amount] is None),
            ("currency", not _CURRENCY[currency]),
            ("quantity", _QUANTITY[quantity] is None),
        ]
        fault = next((field for field, is_bad in faults if is_bad), None)
        content = (who, at, _AMOUNT[amount], currency, _QUANTITY[quantity])
        if order in landed:
            if fault is None and landed[order] == content:
                already += 1
            else:
                rejected.append((line, "external_id"))
        elif fault is not None:
            rejected.append((line, fault))
        else:
            landed[order] = content
    return landed, rejected, already


class _Undone(Exception):
    pass


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(_lines, min_size=1, max_size=12))
def test_random_files_land_as_a_plain_loop_says(shop: Flask, tmp_path: Path, lines: list[tuple[str, ...]]) -> None:
    path = tmp_path / "random.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[*ORDERS.split(","), "quantity"], *lines])
    rejects: list[Rejected] = []
    landed, rejected, already = _expected(lines)

    def run() -> None:
        with unit_of_work() as uow:
            counts = import_orders(uow, path, reject=rejects.append, progress=silent)
            assert counts == Imported(len(lines), len(landed), already, len(rejected))
            sums = (
                uow.session.connection()
                .exec_driver_sql(
                    "SELECT count(*), coalesce(sum(o.total_minor), 0), coalesce(sum(l.quantity), 0),"
                    " (SELECT coalesce(sum(amount_minor), 0) FROM ledger_postings WHERE amount_minor > 0)"
                    " FROM orders o JOIN order_lines l ON l.order_id = o.id"
                )
                .one()
            )
            total = sum(content[2] for content in landed.values())  # type: ignore[index]
            quantity = sum(content[4] for content in landed.values())  # type: ignore[index]
            assert tuple(sums) == (len(landed), Decimal(total), Decimal(quantity), Decimal(total))
            raise _Undone

    with pytest.raises(_Undone):
        run()
    assert [(r.line, r.field) for r in rejects] == rejected
