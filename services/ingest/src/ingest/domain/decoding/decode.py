"""Bytes of an answer to text: the encoding that is really there, whatever the labels say, and no junk before the prolog.

Central Asian feeds mislabel more than others: UTF-8 declared as windows-1251, windows-1251 declared as nothing or as
Latin-1. Hence a byte order mark wins, then valid UTF-8, and a label is believed only while the letters agree with it
(guess.py). What was damaged before it reached us is mended (mojibake.py).
"""

import codecs
import re
from dataclasses import dataclass

from ingest.domain.decoding.guess import guess
from ingest.domain.decoding.mojibake import mend
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark starts with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BY_ZEROS: dict[tuple[bool, ...], str] = {
    (True, True, True, False): "utf-32-be",
    (False, True, True, True): "utf-32-le",
    (True, False): "utf-16-be",
    (False, True): "utf-16-le",
}
_HEAD_BYTES = 2048
_JUNK_CHARS = 8192
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9_.:\-]{2,40})""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:\-]{2,40})""", re.IGNORECASE)
_PROLOG = re.compile(r"<\?xml\s[^>]{0,300}\?>")
_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|urlset|sitemapindex|opml)[\s>]", re.IGNORECASE)
_PAGE = re.compile(r"<html[\s>]", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_SAFE_CODEC = re.compile(
    r"utf-(8|16|32)(-(le|be))?$|ascii$|iso8859-\d+$|cp(125\d|866|855|437|874|932|949|950)$|koi8-[ru]$|mac-cyrillic$"
    r"|kz1048$|ptcp154$|gb(k|2312|18030)$|big5|shift_jis|euc_(jp|kr)$|iso2022_"
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A document as text, without byte order mark, XML declaration or junk before it.

    Attributes:
        text: the document.
        encoding: the codec that was used.
        flaw: what was wrong with the bytes, None when nothing was.
    """

    text: str
    encoding: str
    flaw: str | None = None


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Turn an answer's bytes into text.

    Args:
        body: decompressed bytes.
        content_type: the Content-Type header, asked for its charset only.

    Raises:
        UnreadableFeedError: there is nothing in it.
    """
    found, encoding = _to_text(body, content_type)
    text = mend(found)
    cleaned = _CONTROLS.sub("", text).replace("\ufeff", "").strip()
    document, junk = _from_prolog(cleaned)
    if not document:
        raise UnreadableFeedError(Reason.EMPTY, f"the body has {len(body)} bytes and no text")
    flaws = [
        "characters replaced" if "\ufffd" in document else "",
        "encoded twice, mended" if text != found else "",
        f"junk before the document: {junk[:60]!r}" if junk else "",
    ]
    return Decoded(document, encoding, "; ".join(filter(None, flaws)) or None)


def _to_text(body: bytes, content_type: str | None) -> tuple[str, str]:
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace"), codec
    wide = _wide_codec(body)
    if wide is not None:
        return body.decode(wide, "replace"), wide
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if _nearly_utf8(body):
        return body.decode("utf-8", "replace"), "utf-8"
    claimed = (_declared_codec(body), _header_codec(content_type))
    codec = guess(body, [label for label in claimed if label is not None and not label.startswith("utf-")])
    return body.decode(codec, "replace"), codec


def _wide_codec(body: bytes) -> str | None:
    """Tell UTF-16 and UTF-32 without a mark by where the zero bytes of ASCII characters are."""
    head = body[:64]
    if len(head) < 8 or b"\x00" not in head:
        return None
    zeros = tuple(not any(head[place::4]) for place in range(4))
    return _BY_ZEROS.get(zeros) or _BY_ZEROS.get((zeros[0] and zeros[2], zeros[1] and zeros[3]))


def _nearly_utf8(body: bytes) -> bool:
    """A truncated character or a few stray bytes do not make a UTF-8 text something else."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    wide = sum(1 for character in text if character > "\x7f") - broken
    return wide >= 20 * broken


def _declared_codec(body: bytes) -> str | None:
    match = _DECLARED.search(body[:_HEAD_BYTES])
    return _safe_codec(match[1].decode("ascii")) if match else None


def _header_codec(content_type: str | None) -> str | None:
    match = _CHARSET.search(content_type or "")
    return _safe_codec(match[1]) if match else None


def _safe_codec(label: str) -> str | None:
    """Return Python's name of an encoding; None for unknown ones and for codecs that are no encodings of text."""
    name = label.strip().lower().removeprefix("x-")
    name = re.sub(r"^(windows|win|cp|ibm|dos)[-_]?(12\d\d|855|866)$", r"cp\2", name)
    name = re.sub(r"^koi8_?([ru])$", r"koi8-\1", name)
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return codec if _SAFE_CODEC.match(codec) else None


def _from_prolog(text: str) -> tuple[str, str]:
    """Cut off the XML declaration, which no longer tells the truth, and whatever a broken script printed before it."""
    match = _PROLOG.search(text, 0, _JUNK_CHARS)
    if match is None:
        return text, ""
    document, before = text[match.end() :].lstrip(), text[: match.start()].strip()
    begun = (
        before.startswith("{") or _ROOT.search(before) or (_PAGE.search(before) and not _ROOT.match(document))
    )
    return (text, "") if begun else (document, before)  # else that of a picture within the document
