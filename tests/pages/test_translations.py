"""Every text has its Chinese, and no template says anything that is not a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import extract, pofile
from flask import Flask
from flask_babel import force_locale

from socialshop.infra import plainwords
from socialshop.kernel.errors import InvalidValue
from socialshop.pages import languages
from socialshop.pages.admin.plan_faults import PLAIN as FAULT_PLAIN
from socialshop.pages.admin.plan_faults import WORDS as FAULT_WORDS
from socialshop.pages.section import TEMPLATES
from socialshop.pages.states import STATES
from socialshop.pages.wording import FIGURED, SENTENCES, VALUES, sentence_of

PAGES = TEMPLATES.parent
# Names and signs that every reader reads alike.
_SAME_EVERYWHERE = re.compile(r"[\W\d_]*(socialshop|Alipay|WeChat|IBAN|[a-z_]+\.html)?[\W\d_]*")


def _texts() -> set[str]:
    """Every msgid that templates and modules ask for."""
    found: set[str] = set()
    for pattern, method in (("**/*.html", "jinja2.ext:babel_extract"), ("**/*.py", "python")):
        for path in PAGES.glob(pattern):
            with path.open("rb") as file:
                keywords = {**extract.DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
                for _line, message, _comments, _context in extract.extract(method, file, keywords=keywords):
                    found.add(message if isinstance(message, str) else message[0])
    return found


def _catalogues() -> Iterator[tuple[str, pofile.Catalog]]:
    for path in sorted((languages.CATALOGUES / "zh").glob("*.po")):
        with path.open("rb") as file:
            yield path.name, pofile.read_po(file, locale="zh")


def test_every_text_has_its_chinese() -> None:
    known = languages.translations("zh")
    said = {text for text in _texts() if known.ugettext(text) == text and known.ungettext(text, text, 2) == text}
    assert {text for text in said if not _SAME_EVERYWHERE.fullmatch(text)} == set()


def test_no_catalogue_keeps_what_nothing_says_any_more() -> None:
    texts = _texts()
    for name, catalogue in _catalogues():
        ids = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id}
        assert ids - texts == set(), name
        assert not any(message.fuzzy for message in catalogue if message.id), name


def test_a_text_means_the_same_in_every_catalogue() -> None:
    """All catalogues are read as one: of two meanings, one would stand in the other's place."""
    meanings: dict[str, set[str]] = defaultdict(set)
    for _name, catalogue in _catalogues():
        for message in catalogue:
            if message.id:
                meanings[str(message.id)].add(str(message.string))
    assert {text: told for text, told in meanings.items() if len(told) > 1} == {}


def test_a_text_and_its_chinese_have_the_same_figures() -> None:
    figure = re.compile(r"%\(\w+\)[sd]")
    for name, catalogue in _catalogues():
        for message in catalogue:
            if message.id:
                one = message.id if isinstance(message.id, str) else message.id[-1]
                other = message.string if isinstance(message.string, str) else message.string[-1]
                assert set(figure.findall(one)) == set(figure.findall(other)), f"{name}: {one}"


def visible(template: str) -> list[str]:
    """What a template shows besides what it asks the catalogues for."""
    bare = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", " ", template, flags=re.DOTALL)
    bare = re.sub(r"<(script|svg|code)\b.*?</\1>", " ", bare, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', bare)
    # A macro may write attributes outside of any tag.
    bare = re.sub(r"<[^>]*>", "\n", bare, flags=re.DOTALL)
    shown = [*re.sub(r'\b[a-z-]+="[^"]*"', " ", bare).split("\n"), *attributes]
    return [text.strip() for text in shown if not _SAME_EVERYWHERE.fullmatch(text.strip())]


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_no_template_says_what_is_not_translated(path: Path) -> None:
    assert visible(path.read_text(encoding="utf-8")) == []


def test_the_check_sees_a_planted_text() -> None:
    assert visible("<p>{{ x }}</p><p>Not fine</p><img alt='x' alt=\"Nor this\">") == ["Not fine", "Nor this"]


# Signs of European writing between what a template shows, whoever reads; and texts joined by them in an expression.
_HALF_WIDTH = re.compile(r"[,;:!()]|(?<!\w)\.")
_JOINS = re.compile(r"""join\(['"][,;:]|~ *['"][,;:]|['"][,;:] ?['"] *~|f?"[,;:] "\.join|f"\{[^"]*\}[,;:] \{""")


def half_width(template: str) -> list[str]:
    """Where a template joins what it says by signs of its own instead of the filters `mark` and `joined`."""
    bare = re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL)
    shown = re.sub(r"\{%.*?%\}|<[^>]*>", "", re.sub(r"\{\{.*?\}\}", "§", bare, flags=re.DOTALL), flags=re.DOTALL)
    shown = re.sub(r'\b[a-z-]+="[^"]*"', " ", shown)
    return [line.strip() for line in shown.split("\n") if _HALF_WIDTH.search(line)] + _JOINS.findall(bare)


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_no_template_joins_by_signs_of_one_language(path: Path) -> None:
    drawn = re.sub(r"<(script|svg)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert half_width(drawn) == []


def test_no_page_joins_by_signs_of_one_language() -> None:
    # What a field takes is typed with the same comma everywhere.
    typed = {"forms.py": ['", ".join']}
    for path in PAGES.rglob("*.py"):
        assert _JOINS.findall(path.read_text(encoding="utf-8")) == typed.get(path.name, []), path


def test_the_checks_see_planted_joins() -> None:
    for planted in (
        "{{ a }}, {{ b }}",
        "<b>{{ a }}</b>: {{ b }}",
        "{{ x | join(', ') }}",
        "{{ a ~ ': ' ~ b }}",
        "{{ a }}.",
    ):
        assert half_width(planted), planted
    assert half_width("{{ a }}{{ ':' | mark }}{{ b | joined }} · <a href=\"x, y\">{{ c }}</a>") == []


def test_a_sign_is_each_readers_own_whoever_came_first(site: Flask) -> None:
    """Jinja works a filter of a constant out once for all readers, unless it is told not to."""
    template = site.jinja_env.from_string("{{ 'list' | mark }}{{ ['a', 'b'] | joined(':') }}")
    told = []
    for language in ("zh", "en", "zh"):
        with site.test_request_context(f"/?lang={language}"):
            told.append(template.render())
    assert told == ["、a：b", ", a: b", "、a：b"]


def test_chinese_is_written_with_its_own_signs() -> None:
    cjk = "\u4e00-\u9fff"
    european = re.compile(rf"[{cjk}][,;:!?(]|[,;:!?)] ?[{cjk}]|[{cjk}]\.$")
    for name, catalogue in _catalogues():
        for message in catalogue:
            told = [message.string] if isinstance(message.string, str) else message.string
            # A form's own signs are shown as they are typed.
            assert not any(european.search(one) for one in told if " | " not in one), f"{name}: {told}"


def test_every_status_is_told() -> None:
    from socialshop.deals.rules import Status as Deal
    from socialshop.orders.rules import Status as Order
    from socialshop.payments.rules import Status as Payment
    from socialshop.rooms.chops import Bargain
    from socialshop.rooms.rules import Seat
    from socialshop.rooms.rules import Status as Room

    told = {kind: set(words) for kind, words in STATES.items()}
    of_rooms = (("seat", Seat), ("room", Room), ("bargain", Bargain))
    for kind, statuses in (("deal", Deal), ("order", Order), ("payment", Payment), *of_rooms):
        assert told[kind] == {status.value for status in statuses}, kind


def test_every_refusal_that_a_person_can_meet_has_a_sentence() -> None:
    problems = {page.stem for page in Path("docs/problems").glob("*.md")} - {"README"}
    assert SENTENCES.keys() <= problems
    programs = {
        # what only programs, imports and the console meet
        *("already_placed already_reversed currency_mismatch demo_refused entry_conflict").split(),
        *("head_refused idempotency_key_malformed idempotency_key_missing invalid_entry malformed_json").split(),
        *("malformed_request method_not_allowed nested_too_deeply node_unknown notice_malformed").split(),
        *("payment_conflict refund_conflict sponsor_cycle sponsor_unchanged unbalanced_entry").split(),
        *("unknown_account unknown_entry webhook_refused wrong_media_type body_too_large").split(),
        "too_many_watchers",
        # what is told by a page of its own, or by the value's own sentence
        *("database_unavailable internal_error rate_limited unauthenticated invalid_value unknown_currency").split(),
    }
    assert problems - SENTENCES.keys() - programs == set()


def test_what_a_value_may_be_is_said_in_the_rules_own_words() -> None:
    rules = [path.read_text(encoding="utf-8") for path in PAGES.parent.rglob("*.py") if PAGES not in path.parents]
    found = [text for source in rules for text in re.findall(r'InvalidValue\(\s*((?:f?"[^"]+"\s*)+)', source)]
    said = {re.escape("".join(re.findall(r'"([^"]+)"', text))) for text in found}
    patterns = [re.compile(re.sub(r"\\{[^}]*\}", ".+", text)) for text in said]
    for value in (*map(str, VALUES), *FIGURED):
        assert any(pattern.fullmatch(value) for pattern in patterns), value


def test_a_rule_with_figures_is_told_in_chinese_with_them(site: Flask) -> None:
    told = {
        "4 to 20 letters and figures, at least one letter, single hyphens between them, and not 10 without these:"
        " so long are the shop's own codes": "4 至 20 个字母或数字",
        "a stream's address is https, at one of: a.example, b.example": "a.example, b.example",
        "brand has 1 to 40 characters": "品牌为 1 到 40 个字符",
    }
    for detail, chinese in told.items():
        with site.test_request_context(), force_locale("zh"):
            assert chinese in sentence_of(InvalidValue(detail))
        with site.test_request_context(), force_locale("en"):
            assert sentence_of(InvalidValue(detail)).casefold() == f"{detail}.".casefold()


def test_every_fault_of_a_plans_document_has_words() -> None:
    """What the rules say of a document, and what pydantic finds in one, is told on the page in the same words."""
    rules = ("commissions/plan", "commissions/caps", "commissions/conditions", "infra/documents")
    sources = [(PAGES.parent / f"{name}.py").read_text(encoding="utf-8") for name in rules]
    said = {text for source in sources for text in re.findall(r'PydanticCustomError\(\s*"\w+", "([^"]+)"', source)}
    said |= {text for source in sources for text in re.findall(r'Fault\([^"]*f?"[^"]*", "([^"]+)"', source)}
    said |= {text for source in sources for text in re.findall(r'words = "([^"]+)"', source)}
    kinds = (
        "missing extra_forbidden model_type dict_type tuple_type too_short too_long int_type less_than_equal"
    ).split()
    kinds += "greater_than_equal string_type string_too_short string_too_long literal_error".split()
    said |= {plainwords.WORDS[kind] for kind in kinds}
    # Of what is no JSON the place is told, what a strict reader refuses by one sentence, and shares in percent.
    otherwise = {
        text for text in said if text in {"{said}", "is not JSON: {said}"} or text.startswith("give away {bps}")
    }
    assert said - otherwise == {str(text) for text in FAULT_WORDS} | FAULT_PLAIN.keys()


# docs/glossary.md, In Chinese: what stands there for a thing, and other words that are not used for it.
_OTHER_WORDS = {
    "你": "您",
    "商店": "商城",
    "团主": "发起人",
    "名额": "占座|占位",
    "团购": "团购活动|[该此全]拼团|部拼团",
}


def test_chinese_calls_each_thing_by_one_word_everywhere() -> None:
    """Pages, mails, notices, share texts: every text of the shop stands in its code or in a catalogue."""
    shop = PAGES.parent
    texts = [path for kind in ("*.po", "*.py", "*.html") for path in shop.rglob(kind)]
    assert len(texts) > 500
    glossary = Path("docs/glossary.md").read_text(encoding="utf-8")
    for word, others in _OTHER_WORDS.items():
        assert f"| {word} |" in glossary
        found = [path.name for path in texts if re.search(others, path.read_text(encoding="utf-8"))]
        assert found == [], f"{word}, not {others}"
