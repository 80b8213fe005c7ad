"""Mends text that was decoded wrongly once more before it reached us, so that its valid UTF-8 says `РџСЂРёРІРµС‚`.

Three such accidents happen in the region: UTF-8 taken for windows-1251, UTF-8 taken for windows-1252 or Latin-1, and
windows-1251 taken for Latin-1 (`Ïðèâåò`). Honest text is left alone: what is mended must have the byte pattern of
UTF-8 several times in a row, which no language's words have, or be words of nothing but accented Latin letters that
come out as likely Russian ones. A document may be damaged in part, so each stretch between tags is judged by itself.
"""

import re
from functools import partial
from itertools import pairwise

from ingest.domain.decoding.letter_pairs import plausibility

MAX_TIMES = 3
"""How often a text may have been encoded over and over."""

_STRETCH = re.compile(r"[^<>]+")
_LATIN_WORDS = re.compile(
    r"(?<![A-Za-z\u00c0-\u00ff])[\u00a8\u00b8\u00c0-\u00ff]{4,}(?![A-Za-z\u00c0-\u00ff])"
)
_LATIN_RUN = re.compile(r"[\u00a0-\u00ff]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LIKELY_NATS = -6.2
_ENOUGH_LETTERS = 10
"""One short word of accented capitals may be honest; so many letters of nothing else are no language's."""

_POSSIBLE_NATS = -8.0
_SANE = re.compile(
    r"[\u00a0-\u024f\u02bb-\u02bc\u0400-\u04ff\u2010-\u2044\u20a0-\u20bf\u2100-\u2122\U0001f000-\U0001faff]"
)


def mend(text: str) -> str:
    """Return the text as it was meant; most texts come back as they are."""
    for _ in range(MAX_TIMES):
        mended = text
        for step in (_mend_cp1251, _mend_latin, _mend_cyrillic_as_latin):
            mended = step(mended)
        if mended == text:
            break
        text = mended
    return text


def _char_set(codec: str, first: int, last: int) -> str:
    """Return a character class: what bytes come out as in a codec; control characters where it has none."""
    return "".join(re.escape(_char(codec, byte)) for byte in range(first, last + 1))


def _char(codec: str, byte: int) -> str:
    try:
        return bytes([byte]).decode(codec)
    except UnicodeDecodeError:
        return chr(byte)


def _pattern(codec: str) -> str:
    """Return a pattern for one UTF-8 character (RFC 3629, two to four bytes) whose bytes were read in a codec."""
    rest = f"[{_char_set(codec, 0x80, 0xBF)}{''.join(map(chr, range(0x80, 0xA0)))}]"
    two, three, four = (
        f"[{_char_set(codec, first, last)}]" for first, last in ((0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4))
    )
    return f"(?:{two}{rest}|{three}{rest}{{2}}|{four}{rest}{{3}})"


_CP1251 = _pattern("cp1251")
_LATIN = _pattern("cp1252")
_CP1251_STRONG, _CP1251_ANY = re.compile(f"{_CP1251}{{3,}}"), re.compile(f"{_CP1251}+")
_LATIN_STRONG, _LATIN_ANY = (
    re.compile(f"{_LATIN}{{2,}}|â€[{_char_set('cp1252', 0x80, 0xBF)}]"),
    re.compile(f"{_LATIN}+"),
)


def _mend_cp1251(text: str) -> str:
    return _mend_utf8(text, _CP1251_STRONG, _CP1251_ANY, "cp1251")


def _mend_latin(text: str) -> str:
    return _mend_utf8(text, _LATIN_STRONG, _LATIN_ANY, "cp1252")


def _mend_utf8(text: str, strong: re.Pattern[str], weak: re.Pattern[str], codec: str) -> str:
    """Mend the stretches that have the pattern for certain; in those, also where it stands alone."""
    if strong.search(text) is None:
        return text
    once = partial(_decoded, codec=codec)

    def stretch(found: re.Match[str]) -> str:
        certain = strong.search(found[0])
        if certain is None or once(certain) == certain[0] or not _can_be_words(once(certain), strong):
            return found[0]
        return weak.sub(once, found[0])

    return _STRETCH.sub(stretch, text)


def _decoded(found: re.Match[str], codec: str) -> str:
    try:
        mended = b"".join(_byte(character, codec) for character in found[0]).decode("utf-8")
    except UnicodeError:
        return found[0]
    return mended if all(_SANE.match(character) for character in mended) else found[0]


def _byte(character: str, codec: str) -> bytes:
    try:
        return character.encode(codec)
    except UnicodeEncodeError:
        return bytes([ord(character)]) if ord(character) < 0x100 else b"\xff"


def _mend_cyrillic_as_latin(text: str) -> str:
    if _LATIN_WORDS.search(text) is None:
        return text

    def stretch(found: re.Match[str]) -> str:
        words = _LATIN_WORDS.findall(found[0])
        if sum(map(len, words)) < _ENOUGH_LETTERS or not _likely(
            _as_cyrillic("".join(f" {word} " for word in words)), _LIKELY_NATS
        ):
            return found[0]
        return _LATIN_RUN.sub(lambda run: _as_cyrillic(run[0]), found[0])

    return _STRETCH.sub(stretch, text)


def _as_cyrillic(text: str) -> str:
    return text.encode("latin-1", "replace").decode("cp1251", "replace")


def _can_be_words(text: str, damaged: re.Pattern[str]) -> bool:
    """Tell whether a text can be what somebody wrote, or is to be mended once more."""
    return (
        _CYRILLIC.search(text) is None
        or damaged.search(text) is not None
        or _likely(f" {text} ", _POSSIBLE_NATS)
    )


def _likely(letters: str, at_least_nats: float) -> bool:
    pairs = [pair for pair in pairwise(letters) if pair != (" ", " ")]
    return sum(plausibility(*pair) for pair in pairs) >= at_least_nats * len(pairs)
