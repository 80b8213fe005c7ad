"""Folds text the way people type: case, look-alike letters, apostrophes; one character in, one character out.

Because a folded text has as many characters as the text, an offset in one is the same place in the other. There are two
such maps: `fold` makes alike what people type for each other, `exact` only what no reader tells apart (case, width, the
kind of apostrophe); folding an exact text is folding the text.
"""

import re
import unicodedata
from collections.abc import Callable

APOSTROPHE = "'"
IGNORED = "\u00ad"
"""What characters that belong to a word but carry no letter are folded to (marks, soft hyphens, joiners)."""

APOSTROPHES = "'`´ʹʻʼʽʾʿˈˊˋ‘’‛′‵՚＇"

_LOOKALIKES = {
    # Russian text is typed with and without the dots.
    "ё": "е",
    # Kazakh and Kyrgyz letters, as they are typed on a Russian keyboard.
    "ң": "н",
    "ө": "о",
    "ү": "у",
    "ұ": "у",
    "қ": "к",
    "ғ": "г",
    "ә": "а",
    "і": "и",
    "һ": "х",
    # Tajik letters, and the Uzbek ones that Tajik does not share.
    "ҷ": "ч",
    "ӣ": "и",
    "ӯ": "у",
    "ҳ": "х",
    "ў": "у",
    # Tajik letters as old fonts write them: those of Macedonian and Serbian in their places.
    "ї": "и",
    "ќ": "к",
    "ѓ": "г",
    "њ": "х",
    "љ": "ч",
    # Latin letters that stand in Kazakh and Kyrgyz texts for the Cyrillic ones that look the same.
    "ə": "а",
    "ɵ": "о",
    # Latin letters that have no decomposition.
    "ı": "i",
    "ø": "o",
    "đ": "d",
    "ł": "l",
}

_IGNORED_CATEGORIES = frozenset({"Mn", "Me", "Cf"})


def ignored_characters() -> str:
    """Return the characters that fold to IGNORED, as ranges for a regular expression's class."""
    ranges: list[list[int]] = []
    for code in (*range(0x20000), *range(0xE0000, 0xE0200)):
        if unicodedata.category(chr(code)) in _IGNORED_CATEGORIES:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


def normalise(text: str) -> str:
    """Return the text in NFC, the form in which texts are stored and queries are read."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Return the folded text: as long as `text`, and equal for spellings that people take for the same.

    The text is expected in NFC; folding twice changes nothing.
    """
    return text.translate(_FOLDED)


def exact(text: str) -> str:
    """Return the text with nothing folded but case, width and apostrophes: as long as `text`, which is in NFC."""
    return text.translate(_EXACT)


def fold_key(value: str) -> str:
    """Return a name or code (a source, a topic, a country) in the form in which such values are compared."""
    return " ".join(fold(normalise(value)).split())


class _Table(dict[int, str]):
    """A map, filled as characters are met: there are a million of them and a text has a few dozen."""

    def __init__(self, once: Callable[[str], str]) -> None:
        super().__init__()
        self._once = once

    def __missing__(self, code: int) -> str:
        character, mapped = "", chr(code)
        # Until nothing changes, so that mapping twice is mapping once.
        while mapped != character:
            character, mapped = mapped, self._once(mapped)
        self[code] = mapped
        return mapped


def _exact_once(character: str) -> str:
    if character in APOSTROPHES:
        return APOSTROPHE
    if unicodedata.category(character) in _IGNORED_CATEGORIES:
        return IGNORED
    compatible = unicodedata.normalize("NFKC", character)
    if len(compatible) == 1:
        character = compatible
    lowered = character.casefold()
    if len(lowered) != 1:
        lowered = character.lower()
    return lowered if len(lowered) == 1 else character


def _fold_once(character: str) -> str:
    character = _exact_once(character)
    base = unicodedata.normalize("NFD", character)[0]
    if base.isascii() and base.isalpha():
        character = base
    return _LOOKALIKES.get(character, character)


_EXACT = _Table(_exact_once)
_FOLDED = _Table(_fold_once)
