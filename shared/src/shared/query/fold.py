"""Folds text the way people type: case, look-alike letters, apostrophes; one character in, one character out.

Because the folded text has as many characters as the text, an offset in one is the same place in the other.
"""

import unicodedata

APOSTROPHE = "'"
IGNORED = "\u00ad"
"""What characters that belong to a word but carry no letter are folded to (marks, soft hyphens, joiners)."""

_APOSTROPHES = "'`´ʹʻʼʽˈˊˋ‘’‛′՚＇"

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
    # Latin letters that have no decomposition.
    "ı": "i",
    "ø": "o",
    "đ": "d",
    "ł": "l",
}

_IGNORED_CATEGORIES = frozenset({"Mn", "Me", "Cf"})


def normalise(text: str) -> str:
    """Return the text in NFC, the form in which texts are stored and queries are read."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Return the folded text: as long as `text`, and equal for spellings that people take for the same.

    The text is expected in NFC; folding twice changes nothing.
    """
    return text.translate(_FOLDED)


def fold_key(value: str) -> str:
    """Return a name or code (a source, a topic, a country) in the form in which such values are compared."""
    return " ".join(fold(normalise(value)).split())


class _FoldTable(dict[int, str]):
    """The map, filled as characters are met: there are a million of them and a text has a few dozen."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


_FOLDED = _FoldTable()


def _fold_character(character: str) -> str:
    """Fold until nothing changes, so that folding twice is folding once."""
    while (folded := _fold_once(character)) != character:
        character = folded
    return character


def _fold_once(character: str) -> str:
    if character in _APOSTROPHES:
        return APOSTROPHE
    if unicodedata.category(character) in _IGNORED_CATEGORIES:
        return IGNORED
    compatible = unicodedata.normalize("NFKC", character)
    if len(compatible) == 1:
        character = compatible
    lowered = character.casefold()
    if len(lowered) != 1:
        lowered = character.lower()
    if len(lowered) == 1:
        character = lowered
    base = unicodedata.normalize("NFD", character)[0]
    if base.isascii() and base.isalpha():
        character = base
    return _LOOKALIKES.get(character, character)
