"""Every mail in both languages: subject, sentence, link, and nothing of the other language."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

import pytest

from socialshop.notifications.letters import Letter, Sender, compose
from socialshop.notifications.rules import KINDS
from socialshop.notifications.sentences import SENTENCES, Reader
from socialshop.notifications.subjects import SUBJECTS

NOW = datetime(2026, 3, 1, 4, 5, tzinfo=UTC)
FACTS = {
    "title": "T",
    "brand": "B",
    "reason": "R",
    "name": "N",
    "amount_minor": 123_456,
    "currency": "CNY",
    "until": "2026-03-01T12:30:00Z",
    "at": "2026-03-01T12:30:00Z",
    "tier_zh": "金卡",
    "tier_en": "Gold",
    "growth": 900,
    "missing": 100,
    "threshold": 1_000,
    "endpoint": "whk_1",
    **{f"{name}_zh": "甲" for name in ("plan", "next", "why", "notice", "title")},
    **{f"{name}_en": "A" for name in ("plan", "next", "why", "notice", "title")},
    "vouchers": 2,
    "points": 3,
    "product": "T",
    "unit": "U",
    "left": 4,
    "what": "sku_1",
    "found": 7,
    "expected": 8,
    "count": 2,
    "heads": 30,
    "levels": 3,
    "account": "3000",
    "most_heads": 31,
    "first_day": "2026-03-01",
    "last_day": "2026-03-02",
    "owed_minor": 60,
}
# Only these bear a link with a token of their own; the others of the topic warn.
WITH_TOKEN = {"email_verification", "password_reset", "email_change"}


def kind_of(code: str) -> str:
    """The kind that a sentence tells of: the code itself, or what comes before its variant."""
    return max((kind for kind in KINDS if code == kind or code.startswith(f"{kind}_")), key=len)


MAILED = [code for code in SENTENCES if KINDS[kind_of(code)].mailed]
CHINESE = re.compile(r"[一-鿿]")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", MAILED)
def test_every_mail_speaks_its_readers_language_alone(code: str, language: str) -> None:
    kind = kind_of(code)
    facts = FACTS | ({"say": code.removeprefix(f"{kind}_")} if code != kind else {})
    token = "t0ken" if kind in WITH_TOKEN else None
    reader = Reader("zh" if language == "zh" else "en", "Asia/Shanghai")
    letter = Letter(uuid.UUID(int=1), kind, facts, uuid.UUID(int=2), "lin@example.com", reader, 1, token)
    mail = compose(letter, Sender("Shop <shop@example.com>", "https://shop.test/"), NOW)
    plain, page = (part.get_content() for part in mail.iter_parts())
    assert mail["Subject"] == SUBJECTS[kind][language == "zh"]
    for said in (mail["Subject"], plain, page):
        # An amount may bear the sign of its currency; no other character of the other script is there.
        assert bool(CHINESE.search(said)) == (language == "zh"), said
        assert not re.search(r"[{}]|None|%\(", said)
    assert f'lang="{language}"' in page
    assert "https://shop.test/" in plain
    assert token is None or f"?token={token}" in plain
    if "amount" in SENTENCES[code][0]:
        assert ("¥1,234.56" if language == "zh" else "CN¥1,234.56") in plain
