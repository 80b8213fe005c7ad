"""Writes Uzbek in Cyrillic letters from the Latin ones, by the rules of 1995: the same texts for readers of either."""

import re

_PAIRS = {
    "sh": "ш",
    "ch": "ч",
    "o‘": "ў",
    "g‘": "ғ",
    "yo": "ё",
    "yu": "ю",
    "ya": "я",
    "ye": "е",
    "ts": "ц",
}
_SINGLES = dict(zip("abdefghijklmnopqrstuvxyz’", "абдефгҳижклмнопқрстувхйзъ", strict=True))
_LETTERS = re.compile("|".join([*_PAIRS, "[a-z’]"]), re.IGNORECASE)
_FIRST_E = re.compile(r"(?<![\w‘’])e|(?<=[aeiouAEIOU])e", re.IGNORECASE)
_YO_BEFORE_MARK = re.compile("yo‘", re.IGNORECASE)


def to_cyrillic(text: str) -> str:
    """Return the text in Cyrillic letters; what is no Uzbek Latin letter stays."""
    text = _YO_BEFORE_MARK.sub(lambda found: _like(found.group(), "йў"), text)
    text = _FIRST_E.sub(lambda found: _like(found.group(), "э"), text)
    return _LETTERS.sub(_letter, text)


def _letter(found: re.Match[str]) -> str:
    latin = found.group()
    return _like(latin, _PAIRS.get(latin.lower()) or _SINGLES.get(latin.lower(), latin))


def _like(latin: str, cyrillic: str) -> str:
    """Return the Cyrillic letters with the case of the Latin ones."""
    if latin.isupper() and len(latin) > 1:
        return cyrillic.upper()
    return cyrillic[0].upper() + cyrillic[1:] if latin[0].isupper() else cyrillic
