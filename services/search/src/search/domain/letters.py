r"""Reads the words of a text as bytes, one for each letter of the region's alphabets, so that they are hashed at little cost.

The bytes are those of a code page of our own. What `fold` makes alike becomes one byte, and whatever is no part of a word
(`\w+`) a space. Letters of other alphabets stay as they are in UTF-8.
"""

import codecs

from shared.query.fold import fold

_BETWEEN = "\t\n\r !\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~\u00a0«»–—‘’“”„•…№ʻʼ"
_LATIN = (
    "0123456789_abcdefghijklmnopqrstuvwxyzßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćčďđēęěğģīıķļłńňőřśşšţťūůűźżžəșț"
)
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџґғҕқҝҡңүұҳҷһәӣөӯ"
_PAGE = f"\x00{_BETWEEN}{_LATIN}{_CYRILLIC}"
"""Only a page that begins with a null is looked up fast. `_BETWEEN` takes the bytes that part words (`bytes.split`), and none
of what UTF-8 writes other letters with."""

_MAP = codecs.charmap_build(_PAGE.ljust(256, "\ufffe"))
_OTHERS = "search.letters"


def words_of(text: str) -> list[bytes]:
    """Return the words of a text in NFC; equal ones are equal bytes, in every process, whatever stands around them."""
    return codecs.charmap_encode(text.lower(), _OTHERS, _MAP)[0].translate(_ALIKE).split()


def _coded(character: str) -> bytes:
    """Return the bytes of a folded character."""
    if character in _LATIN or character in _CYRILLIC:
        return bytes([_PAGE.index(character)])
    return character.encode() if character.isalnum() else b" "


def _code_others(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return b"".join(map(_coded, fold(error.object[error.start : error.end]))), error.end


codecs.register_error(_OTHERS, _code_others)

_ALIKE = b"".join(map(_coded, fold(_PAGE))) + bytes(range(len(_PAGE), 256))
