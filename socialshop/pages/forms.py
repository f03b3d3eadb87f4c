"""What somebody filled in: read field by field, with what is wrong beside each, and shown again as it was typed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from flask_babel import gettext

from socialshop.kernel.errors import DomainError, InvalidValue, Kind
from socialshop.kernel.money import BPS, Money, parse_decimal
from socialshop.pages.wording import sentence_of

_LONGEST = 500
_NOBODY_TYPES = 10**9
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COMMA = re.compile("[,，、]")
# Nobody sees these fields, so what is wrong with one is said above the form.
_UNSEEN = frozenset({"token"})


def typed_list(parts: Iterable[object]) -> str:
    """Parts as a field that `listed` reads shows them."""
    return ", ".join(map(str, parts))


class FormRefused(DomainError):
    """Fields of the form are not what they may be; the form knows which."""

    code = "invalid_value"
    kind = Kind.INVALID


@dataclass(slots=True)
class Form:
    """The values as typed, the sentence beside each field that is wrong, and one about the whole.

    `uploads` are files that were sent along, `lines` the bad lines of one, as the shop names them.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    uploads: Mapping[str, bytes] = field(default_factory=dict)
    # Where the shop's name of a field is not the form's: this one's is told beside that one.
    places: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[Mapping[str, Any]] = ()

    def text(self, name: str, *, longest: int = _LONGEST, required: bool = True) -> str:
        """A text without space around it; empty where it may be and is."""
        return self._checked(name, self.values.get(name, "").strip(), longest, required)

    def secret(self, name: str, *, longest: int) -> str:
        """A text to the letter."""
        return self._checked(name, self.values.get(name, ""), longest, required=True)

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        typed = self.values.get(name, "").strip()
        value = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < len(str(most)) + 1 else least - 1
        if not least <= value <= most:
            self.errors[name] = _whole_wanted(least, most)
        return value

    def whole_or_none(self, name: str, least: int, most: int) -> int | None:
        """A whole number within bounds; None where nothing was typed."""
        return self.whole(name, least, most) if self.values.get(name, "").strip() else None

    def instant(self, name: str, zone: str) -> datetime | None:
        """A day and time by the clock of `zone`, as a browser's own field says it; None where nothing was typed."""
        typed = self.values.get(name, "").strip()
        if not typed:
            return None
        if _LOCAL.fullmatch(typed):
            with suppress(ValueError, OverflowError):
                return datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        self.errors[name] = gettext("A day and time such as %(example)s.", example="2026-01-31T20:00")
        return None

    def day(self, name: str) -> date:
        """A day, as a browser's own field says it."""
        typed = self.values.get(name, "").strip()
        if _DAY.fullmatch(typed):
            with suppress(ValueError):
                return date.fromisoformat(typed)
        self.errors[name] = gettext("A day such as %(example)s.", example="2026-01-31")
        return date.min

    def money(self, name: str, currency: str) -> Money:
        """An amount, typed as a plain decimal."""
        try:
            return Money(parse_decimal(self.values.get(name, "").strip(), currency), currency)
        except InvalidValue:
            self.errors[name] = gettext("An amount such as %(example)s.", example="12.50")
            return Money(0, currency)

    def percent(self, name: str) -> int:
        """A share in percent, typed with at most two decimals, in basis points; 0 where nothing is typed."""
        typed = self.values.get(name, "").strip()
        if not typed:
            return 0
        whole, _, fraction = typed.partition(".")
        digits = whole + fraction.ljust(2, "0")
        if not (digits.isascii() and digits.isdecimal() and len(fraction) <= 2 and 0 < len(whole) <= 3):  # noqa: PLR2004
            self.errors[name] = gettext("A share in percent, such as %(example)s.", example="7.5")
            return 0
        if not int(digits) <= BPS:
            self.errors[name] = gettext("More than the whole.")
        return int(digits)

    def choice(self, name: str, options: Collection[str]) -> str:
        """One of the options."""
        typed = self.values.get(name, "")
        if typed not in options:
            self.errors[name] = gettext("Choose one of these.")
        return typed

    def listed(self, name: str, *, longest: int = 400) -> list[str]:
        """What stands between commas, of either language; nothing where nothing was typed."""
        parts = _COMMA.split(self.text(name, longest=longest, required=False))
        return [part.strip() for part in parts if part.strip()]

    def is_ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.values

    def upload(self, name: str, *, required: bool = True) -> bytes:
        """What is in the file that was chosen; nothing where none need be and none was."""
        content = self.uploads.get(name, b"")
        if required and not content:
            self.errors[name] = gettext("Choose a file.")
        return content

    def check(self) -> None:
        """Raises FormRefused if anything read so far is wrong: the form is shown again."""
        if self.errors:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise FormRefused."""
        raise FormRefused("fields of the form are not what they may be")

    def take(self, error: DomainError) -> None:
        """Put a refusal of the shop beside its field, or above the form."""
        if isinstance(error, FormRefused):
            self.problem = gettext("Please look at the marked fields again.")
        elif (name := self._place_of(error)) is not None:
            self.errors[name] = sentence_of(error)
        else:
            self.problem = sentence_of(error)
            lines = error.facts.get("lines")
            self.lines = lines if isinstance(lines, list) else ()

    def _place_of(self, error: DomainError) -> str | None:
        """The field beside which a refusal is told; None where the form shows none."""
        name = error.field or ""
        return self.places.get(name) or (name if name in self.values.keys() - _UNSEEN else None)

    def _checked(self, name: str, value: str, longest: int, required: bool) -> str:
        if required and not value:
            self.errors[name] = gettext("This is needed.")
        elif len(value) > longest:
            self.errors[name] = gettext("At most %(count)s characters.", count=longest)
        elif "\x00" in value:
            self.errors[name] = gettext("This is not allowed here.")
        return value


def _whole_wanted(least: int, most: int) -> str:
    """The rule of a whole number, in words; a bound that is none but the machine's is not told."""
    if most >= _NOBODY_TYPES:
        return str(gettext("A whole number, %(least)s or more.", least=least))
    return str(gettext("A whole number from %(least)s to %(most)s.", least=least, most=most))
