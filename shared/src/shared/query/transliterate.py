"""Uzbek and Kazakh are written in two scripts: one key for a word, whichever of them it is written in.

A key is in plain Latin letters and begins with its language, so that keys of one language are never taken for the
other's. Rules of Uzbek: the alphabets of 1940 and 1995 (cabinet decree 339), with ş and ç of the proposed one; of Kazakh:
the Cyrillic one and the Latin ones of 2018 and 2021, and the way names are commonly romanised. Keys are coarser than the
alphabets where people are (q and k, x and h), since readers of either script type what their keyboard has.
"""

import re
from itertools import product

from shared.query.fold import APOSTROPHE, fold

TRANSLITERATED = frozenset({"kk", "uz"})
"""ISO 639-1 codes of the languages whose words have keys."""

_MOST_KEYS = 4

_UZBEK = str.maketrans(
    dict(zip("абвгғджзийкқлмнопрстуўфхҳыэ", "abvggdjziykklmnoprstuofhhie", strict=True))
    | {"ё": "yo", "ю": "yu", "я": "ya", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ь": ""}
    | {"ş": "sh", "ç": "ch", "q": "k", "x": "h"}
)
_UZBEK_YE = re.compile("(?:^|(?<=[аеёиоуўэюяъьaeiou]))е")

_KAZAKH = str.maketrans(
    dict(zip("аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщыіэ", "aabvggdejziikklmnnooprstuuufhhccssiie", strict=True))
    | {"ё": "io", "ю": "iu", "я": "ia", "ъ": "", "ь": ""}
    | {"ý": "u", "q": "k", "x": "h", "w": "u", "y": "i"}
)
_KAZAKH_DIGRAPHS = {"shch": "s", "sh": "s", "ch": "c", "zh": "j", "gh": "g", "kh": "h", "ts": "c", "ye": "e"}
_KAZAKH_DIGRAPH = re.compile("|".join(_KAZAKH_DIGRAPHS))


def key_of(word: str, language: str) -> str:
    """Return the key by which a word of an article is found from the other script.

    Args:
        word: in the exact form of `fold.exact`, apostrophes included.
        language: one of TRANSLITERATED.
    """
    key = _uzbek(word) if language == "uz" else _kazakh(word)
    return f"{language}:{key or fold(word)}"


def keys_of(word: str) -> tuple[str, ...]:
    """Return the keys that a reader may mean by a word of a query, the likeliest of each language first.

    On a Russian keyboard ў is typed у, which is also a letter of its own: both are meant, up to a bound.
    """
    places = [place for place, letter in enumerate(word) if letter == "у"][:2]
    keys = [key_of(word, "uz"), key_of(word, "kk")]
    for letters in product("уў", repeat=len(places)):
        typed = list(word)
        for place, letter in zip(places, letters, strict=True):
            typed[place] = letter
        keys.append(key_of("".join(typed), "uz"))
    return tuple(dict.fromkeys(keys))[: _MOST_KEYS + 1]


def _uzbek(word: str) -> str:
    latin = _UZBEK_YE.sub("ye", word).replace("е", "e").translate(_UZBEK)
    return fold(latin).replace(APOSTROPHE, "").replace("ts", "s")


def _kazakh(word: str) -> str:
    latin = _KAZAKH_DIGRAPH.sub(lambda found: _KAZAKH_DIGRAPHS[found.group()], word)
    return fold(latin.translate(_KAZAKH)).replace(APOSTROPHE, "")
