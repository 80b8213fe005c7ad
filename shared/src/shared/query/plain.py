"""Folds whole texts of common characters at once: through one byte for each, which takes a tenth of looking every word up.

Nearly every text of news is made of a few alphabets and figures, and of signs that only part words. Where a character is none of
these (a soft hyphen, a combining mark, a letter of another part of the world), the words of the text are told one by one, with
the same result.
"""

import codecs
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from shared.query.fold import APOSTROPHE, APOSTROPHES, exact, fold, normalise

_LETTERS = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюяЁёӘәҒғҚқҢңӨөҰұҮүҺһІіҶҷӢӣӮӯҲҳЎў"
_MARKS = "‘’ʻʼ´«»“”„—–−…№•·\u00a0"

COMMON = "".join(map(chr, range(128))) + _LETTERS + _MARKS
"""The characters that texts of news are made of; no more than a byte can tell apart."""

_UNKNOWN = "\ufffe"
"""What a table of bytes has in places that stand for nothing."""


class Plain(NamedTuple):
    """A text of common characters, with a space for each that belongs to no word: each as long as the text, and in NFC.

    Attributes:
        exact: with nothing folded but case and the kind of apostrophe, see `shared.query.exact`.
        folded: see `shared.query.fold`.
        coded: `exact` with a byte for each character, those of ASCII their own; what `decoded` maps on.
    """

    exact: str
    folded: str
    coded: bytes


def table_of(letter: Callable[[str], str]) -> str:
    """Return the table by which `decoded` makes of each common character one of any kind."""
    return "".join(map(letter, COMMON)).ljust(256, _UNKNOWN)


def coded(text: str) -> bytes:
    """Return a text with a byte for each character.

    Raises:
        UnicodeEncodeError: not all of them are common.
    """
    return codecs.charmap_encode(text, "strict", _BYTES)[0]


def decoded(text: bytes, table: str) -> str:
    """Return a text of `coded`, each character as a table of `table_of` has it."""
    return codecs.charmap_decode(text, "strict", table)[0]


def _parted(error: UnicodeError) -> tuple[str, int]:
    """Have a space for characters that are not common and belong to no word whatever stands beside them: signs, marks, spaces."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101  nothing else is encoded with it
    found = error.object[error.start : error.end]
    for one in found:
        parts = unicodedata.category(one)[0] in "PSZ" and not (one.isalnum() or one in APOSTROPHES)
        if not parts or normalise(one) != one:
            raise error
    return " " * len(found), error.end


def _in_words(character: str) -> str:
    """Return what a character is in a plain text."""
    letter = exact(character)
    return APOSTROPHE if character in APOSTROPHES else letter if character.isalnum() else " "


_PARTING = "silkwire-parting"
codecs.register_error(_PARTING, _parted)

_BYTES = codecs.charmap_build(table_of(str))
_IN_WORDS = coded("".join(map(_in_words, COMMON))).ljust(256)
_EXACT = table_of(str)
_FOLDED = table_of(fold)
_APOSTROPHE = coded(APOSTROPHE)


def plain(text: str) -> Plain | None:
    """Return a text as its words are compared; None where a letter, or what may belong to one, is not common: NFC may change it."""
    try:
        told = codecs.charmap_encode(text, _PARTING, _BYTES)[0].translate(_IN_WORDS)
    except UnicodeEncodeError:
        return None
    if _APOSTROPHE in told:
        told = _only_in_words(told)
    return Plain(decoded(told, _EXACT), decoded(told, _FOLDED), told)


def _only_in_words(text: bytes) -> bytes:
    """Put a space for each apostrophe that does not stand between two characters of a word."""
    text = b" %b " % text.replace(2 * _APOSTROPHE, b"  ")
    return text.replace(_APOSTROPHE + b" ", b"  ").replace(b" " + _APOSTROPHE, b"  ")[1:-1]
