"""Setting text by measured width: lines that fit, an ellipsis where too much is left, no sign that a font lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

ELLIPSIS = "…"

Measure = Callable[[str], float]
"""How wide a text is, in pixels."""


def wrap(text: str, width: float, most: int, measure: Measure) -> list[str]:
    """The text in at most `most` lines, none wider than `width`; the last ends in an ellipsis where more is left.

    Chinese breaks anywhere, but no line begins with a mark that closes; Latin words break between them, and inside
    only where one word is wider than a line.
    """
    lines: list[str] = []
    rest = list(_words(" ".join(text.split())))
    while rest and len(lines) < most:
        line, rest = _line(rest, width, measure)
        lines.append(line)
    if rest:
        lines[-1] = ellipsize(lines[-1] + "".join(rest), width, measure)
    return [line.rstrip() for line in lines]


def ellipsize(text: str, width: float, measure: Measure) -> str:
    """The text, or as much of its beginning as fits with an ellipsis."""
    if measure(text) <= width:
        return text
    kept = text
    while kept and measure(kept.rstrip() + ELLIPSIS) > width:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def _line(words: Sequence[str], width: float, measure: Measure) -> tuple[str, list[str]]:
    """As many words as fit, one at least cut to size; and the rest."""
    line, taken = "", 0
    for word in words:
        if line and measure((line + word).rstrip()) > width:
            break
        line, taken = line + word, taken + 1
    if measure(line.rstrip()) <= width:
        return line, list(words[taken:])
    cut = len(line)
    while cut > 1 and measure(line[:cut]) > width:
        cut -= 1
    return line[:cut], [line[cut:], *words[taken:]]


# Marks that end what is before them: they stay on its line (GB/T 15834, 5.1.9).
_CLOSING = frozenset("，。、；：！？」』）》】〉〕”’…·%％)]},.;:!?")


def _words(text: str) -> Iterator[str]:
    """What stays together: a Latin word with the space after it, a Chinese sign with the marks that close it."""
    held = ""
    for sign in text:
        joins = sign in _CLOSING or sign == " " or (_is_latin(sign) and held and _is_latin(held[-1]))
        if held and not joins:
            yield held
            held = ""
        held += sign
    if held:
        yield held


def _is_latin(sign: str) -> bool:
    # Below the CJK blocks, which begin at U+2E80.
    return sign < "\u2e80" and sign != " "
