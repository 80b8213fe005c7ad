"""Uzbek and Kazakh are written in two scripts: one key for a word, whichever of them it is written in.

A key is in plain Latin letters and begins with its language, so that keys of one language are never taken for the
other's. Rules of Uzbek: the alphabets of 1940 and 1995 (cabinet decree 339), with ş and ç of the proposed one; of Kazakh:
the Cyrillic one and the Latin ones of 2018 and 2021, and the way names are commonly romanised. Keys are coarser than the
alphabets where people are (q and k, x and h), since readers of either script type what their keyboard has.
"""

import re
from collections.abc import Callable
from itertools import product

from shared.query.fold import APOSTROPHE, fold
from shared.query.plain import COMMON, coded, decoded, table_of

TRANSLITERATED = frozenset({"kk", "uz"})
"""ISO 639-1 codes of the languages whose words have keys."""

_MOST_KEYS = 4

_UZBEK = str.maketrans(
    dict(zip("абвгғджзийкқлмнопрстуўфхҳыэ", "abvggdjziykklmnoprstuofhhie", strict=True))
    | {"ё": "yo", "ю": "yu", "я": "ya", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ь": ""}
    | {"ş": "sh", "ç": "ch", "q": "k", "x": "h"}
)
_BEFORE_YE = "аеёиоуўэюяъьaeiou"
_UZBEK_YE = re.compile(f"(?:^|(?<=[{_BEFORE_YE}]))е")

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


def key_of_each(words: bytes, language: str) -> list[str]:
    """Return the keys of an article's words, without their language; fewer than words where `key_of` takes one as it stands.

    Args:
        words: as `plain.Plain.coded` has them.
        language: one of TRANSLITERATED.
    """
    return _KEYED[language](words).split()


def _uzbek(word: str) -> str:
    latin = _UZBEK_YE.sub("ye", word).replace("е", "e").translate(_UZBEK)
    return fold(latin).replace(APOSTROPHE, "").replace("ts", "s")


def _kazakh(word: str) -> str:
    latin = _KAZAKH_DIGRAPH.sub(lambda found: _KAZAKH_DIGRAPHS[found.group()], word)
    return fold(latin.translate(_KAZAKH)).replace(APOSTROPHE, "")


class _Letters:
    """Writes words of common characters in other letters, some of them in several: all words of a text at once.

    Args:
        letters: tells what a character is written by.
    """

    def __init__(self, letters: Callable[[str], str]) -> None:
        # No control character is of a word, so one stands for each run of several letters, or of none.
        runs = sorted({run for one in COMMON if one.isalnum() and len(run := letters(one)) != 1})
        self._marks = {run: chr(1 + number) for number, run in enumerate(runs)}
        self._table = table_of(
            lambda one: self._marks.get(letters(one), letters(one)) if one.isalnum() else one
        )

    def of(self, words: bytes) -> str:
        """Return words in these letters, without apostrophes."""
        text = decoded(words.replace(_CODED_APOSTROPHE, b""), self._table)
        for run, mark in self._marks.items():
            text = text.replace(mark, run)
        return text


_CODED_APOSTROPHE = coded(APOSTROPHE)
_CODED_E = coded("е")
_CODED_YE = re.compile(b"(?:^|(?<=[ %b]))%b" % (re.escape(coded(_BEFORE_YE)), re.escape(_CODED_E)))
"""The same where words stand behind each other."""

_UZBEK_LETTERS = _Letters(lambda one: fold(one.replace("е", "e").translate(_UZBEK)))
_KAZAKH_LETTERS = _Letters(lambda one: fold(one.translate(_KAZAKH)))
_CODED_DIGRAPHS = {coded(one): coded(other) for one, other in _KAZAKH_DIGRAPHS.items()}
_CODED_DIGRAPH = re.compile(b"|".join(_CODED_DIGRAPHS))


def _uzbek_all(words: bytes) -> str:
    if _CODED_E in words:
        words = _CODED_YE.sub(b"ye", words)
    return _UZBEK_LETTERS.of(words).replace("ts", "s")


def _kazakh_all(words: bytes) -> str:
    if any(one in words for one in _CODED_DIGRAPHS):
        words = _CODED_DIGRAPH.sub(lambda found: _CODED_DIGRAPHS[found.group()], words)
    return _KAZAKH_LETTERS.of(words)


_KEYED = {"uz": _uzbek_all, "kk": _kazakh_all}
