"""What machines call things is said in words on the desk: jobs, accounts, facts of the record."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from visitors import member

from socialshop.audit import service as audit
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.currencies import POINTS
from socialshop.kernel.ids import new_id
from socialshop.kernel.roles import Role
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from socialshop.notifications.service import EVENT_TYPES
from socialshop.pages import admin as desk
from socialshop.pages.admin.account_words import ACCOUNTS, account_words
from socialshop.pages.admin.event_words import EVENTS
from socialshop.pages.admin.job_words import JOBS
from workers.schedule import PERIODIC

# What pages of the desk use, and nobody else.
_FOR_OTHERS = frozenset({"bars", "people", "plan_faults", "proving", "segments", "spans", "whole"})
FACTS = {
    "amount_minor": 12_345,
    "currency": "CNY",
    "control_bps": 2_050,
    "late": True,
    "until": "2026-03-01T00:00:00Z",
    "findings": ["levels", "headcount"],
    "segment": {"tiers": ["gold"], "birthday_month": False, "newcomer_days": 30},
    "reason": "",
    "unheard_of": 7,
}


def test_every_job_event_and_account_has_words() -> None:
    assert {job.name for job in PERIODIC} == JOBS.keys()
    assert EVENT_TYPES.keys() == EVENTS.keys()
    alone = {value for name, value in vars(chart).items() if name.isupper() and str(value).startswith("shop:")}
    assert {name for name in ACCOUNTS if name.startswith("shop:")} == alone


def test_every_module_of_the_desk_is_loaded_with_it() -> None:
    """Whatever is a template's function or a page there is one in a shop that imports nothing else."""
    folder = Path(str(desk.__file__)).parent
    assert {path.stem for path in folder.glob("*.py")} - _FOR_OTHERS - {"__init__", "section"} <= set(desk.__all__)
    # `__all__` alone loads nothing.
    source = (folder / "__init__.py").read_text(encoding="utf-8").partition("__all__")[0]
    assert [name for name in desk.__all__ if f"    {name},\n" not in source and name != "admin"] == []


def test_the_trial_balance_says_what_stands_on_an_account(site: Flask) -> None:
    postings = [Posting(chart.member_wallet(7), 950, "CNY"), Posting(chart.COMMISSION_EXPENSE, -950, "CNY")]
    in_unit_of_work(lambda uow: ledger.post(uow, [Entry("a", "settlement", postings)]))
    page = member(site, role=Role.FINANCE).look("/admin/proof", "zh").text
    assert '会员：钱包余额<br><code class="small soft">member:*:wallet</code>' in page
    assert '佣金支出<br><code class="small soft">shop:commission_expense</code>' in page
    with site.test_request_context("/?lang=zh"):
        assert account_words("member:*:wallet", POINTS) == "会员：可用积分"


def test_facts_of_the_record_are_told_as_a_reader_writes_them(site: Flask) -> None:
    entry = {"actor": new_id(), "action": "payout.held", "target": "pay_1", "facts": FACTS}
    in_unit_of_work(lambda uow: audit.record(uow, **entry))  # type: ignore[arg-type]
    admin = member(site, role=Role.ADMIN)
    told = admin.look("/admin/record?action=payout.held", "zh").text
    for words in (
        "金额：¥123.45",
        "对照组：20.5%",
        "是否逾期：是",
        "发现：levels、headcount",
        "面向：等级：gold，加入天数内：30",
    ):
        assert words in told, words
    assert "截止：2026/3/1" in told
    assert "原因：" not in told
    english = admin.look("/admin/record?action=payout.held").text
    for words in ("sum: CN¥123.45", "left out: 20.5%", "until: 1 Mar 2026", "unheard of: 7"):
        assert words in english, words
