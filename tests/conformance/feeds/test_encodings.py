"""Feeds in five languages, written in ten encodings with true, missing and false labels, come out letter for letter."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.domain.decoding.decode import decode
from ingest.domain.decoding.mojibake import mend
from silkwire.newsroom.uzbek_script import to_cyrillic
from tests.conformance.conftest import Tell

LANGUAGES = {"rus_Cyrl": "ru", "kaz_Cyrl": "kk", "kir_Cyrl": "ky", "tgk_Cyrl": "tg", "uzn_Latn": "uz"}
PER_FEED = 9
"""Sentences in a feed: eleven feeds a language."""

ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8 with a mark": "utf-8-sig",
    "utf-16, little end first": "utf-16-le",
    "utf-16, big end first": "utf-16-be",
    "windows-1251": "cp1251",
    "koi8-r": "koi8-r",
    "ibm866": "cp866",
    "ibm855": "cp855",
    "iso-8859-5": "iso8859-5",
    "x-mac-cyrillic": "mac-cyrillic",
}
FALSE_LABELS = {
    "utf-8": ("windows-1251", "iso-8859-1"),
    "windows-1251": ("utf-8", "iso-8859-1", "koi8-r"),
    "koi8-r": ("windows-1251", "utf-8"),
}
LATIN = {"windows-1252": "cp1252", "iso-8859-1": "iso8859-1", "iso-8859-15": "iso8859-15"}
REAL = (
    "rome",
    "feedjira",
    "node-feedparser",
    "simplepie",
    "rust-syndication-rss",
    "lemon24-reader",
    "miniflux",
)
AT_LEAST = 0.99


def test_cyrillic_feeds_are_read_in_ten_encodings_whatever_their_label_says(
    conformance_data: Path, tell: Tell
) -> None:
    """Publishers of the region mislabel more than others; a reader must never see it."""
    right: Counter[tuple[str, str]] = Counter()
    tried: Counter[tuple[str, str]] = Counter()
    for feed in _cyrillic_feeds(conformance_data):
        for name in ENCODINGS:
            for case, label in _labels(name):
                body, meant = _encoded(feed, name, label)
                tried[name, case] += 1
                right[name, case] += decode(body).text == meant
    lines = [f"{name:26} {case:28} {right[name, case]:5} of {count}" for (name, case), count in tried.items()]
    lines.append(f"{'all':55} {right.total():5} of {tried.total()} = {right.total() / tried.total():.2%}")
    tell("Feeds in ten encodings, decoded exactly", lines)
    assert all(right[key] >= AT_LEAST * count for key, count in tried.items())


def test_latin_feeds_in_latin_encodings_stay_as_they_are(conformance_data: Path, tell: Tell) -> None:
    """No French accent becomes a Cyrillic letter."""
    wrong, tried = [], 0
    for path in _real_feeds(conformance_data):
        text = _without_declaration(path.read_bytes().decode("utf-8-sig"))
        for label, codec in LATIN.items():
            encoded = text.encode(codec, "xmlcharrefreplace")
            if encoded.isascii():
                continue
            tried += 1
            meant = encoded.decode(codec)
            if decode(f'<?xml version="1.0" encoding="{label}"?>'.encode() + encoded).text != _stripped(
                meant
            ):
                wrong.append(f"{path.name} in {label}")
    tell(
        "Latin feeds in three encodings, decoded exactly", [f"{tried - len(wrong)} of {tried}; not: {wrong}"]
    )
    assert tried > 20
    assert len(wrong) <= (1 - AT_LEAST) * tried


def _labels(name: str) -> Iterator[tuple[str, str | None]]:
    yield "with its declaration", name.split(maxsplit=1)[0].rstrip(",")
    yield "without a declaration", None
    for false in FALSE_LABELS.get(name, ()):
        yield f"declared {false}", false


def _encoded(feed: str, name: str, label: str | None) -> tuple[bytes, str]:
    """Return a document's bytes, and the text that is in them: what an encoding lacks is written as a reference."""
    codec = ENCODINGS[name]
    prolog = f'<?xml version="1.0" encoding="{label}"?>\n' if label else ""
    body = (prolog + feed).encode(codec, "xmlcharrefreplace")
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    meant = feed.encode(codec, "xmlcharrefreplace").decode(codec)
    return (marks.get(codec, b"") if label else b"") + body, meant


def _cyrillic_feeds(data: Path) -> Iterator[str]:
    for language, code in LANGUAGES.items():
        with (data / f"corpora/sib200/{language}/dev.tsv").open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            sentences = [row["text"].replace("&", "&amp;").replace("<", "&lt;") for row in rows]
        if language == "uzn_Latn":
            sentences = [to_cyrillic(one) for one in sentences]
        for start in range(0, len(sentences) - PER_FEED + 1, PER_FEED):
            items = "\n".join(
                f"<item><title>{' '.join(one.split()[:6])}</title><link>https://news.example/{start + at}</link>"
                f"<description>{one}</description></item>"
                for at, one in enumerate(sentences[start : start + PER_FEED])
            )
            yield f'<rss version="2.0"><channel><language>{code}</language>\n{items}\n</channel></rss>'


def _real_feeds(data: Path) -> Iterator[Path]:
    """Give the real feeds that are valid UTF-8 with letters beyond ASCII, nearly all of them Latin, and undamaged."""
    for folder in REAL:
        for path in sorted((data / "feeds" / folder).rglob("*")):
            if path.suffix not in {".xml", ".rss", ".atom", ".rdf"}:
                continue
            try:
                text = path.read_bytes().decode("utf-8-sig")
            except UnicodeDecodeError:
                continue
            high = [one for one in text if one > "\x7f" and one.isalpha()]
            if high and mend(text) == text and sum(one < "\u0250" for one in high) >= 0.9 * len(high):
                yield path


def _without_declaration(text: str) -> str:
    head, mark, rest = text.partition("?>")
    return rest if mark and head.lstrip().startswith("<?xml") else text


def _stripped(text: str) -> str:
    return "".join(one for one in text if one >= " " or one in "\t\n\r").replace("\x7f", "").strip()


@pytest.mark.parametrize(
    ("path", "encoding", "words"),
    [
        ("encoding/testdata/iso-8859-1.xml", "iso8859-1", "Café"),
        ("encoding/testdata/koi8r.xml", "koi8-r", "Пример RSS ленты"),
        ("encoding/testdata/utf8-incorrect-prolog.xml", "utf-8", "테스트 피드"),
        ("encoding/testdata/windows-1252-incorrect-prolog.xml", "utf-8", "Euro €"),
        ("encoding/testdata/windows-1252.xml", "cp1252", "Euro €"),
        ("encoding/testdata/invalid-prolog.xml", "utf-8", "테스트 피드"),
        ("xml/testdata/iso88591_utf8_mismatch.xml", "cp1252", "<to>Anaïs</to>\n  <from>Jürgen</from>"),
        ("parser/testdata/encoding_WINDOWS-1251.xml", "cp1251", "Новый цитатник Рунета"),
        ("parser/testdata/no_encoding_ISO-8859-1.xml", "cp1252", "nombre d'études montrent"),
        ("parser/testdata/urdu_UTF8.xml", "utf-8", "BBC News  اردو - پاکستان"),
    ],
    ids=lambda value: value.rsplit("/", 1)[-1],
)
def test_what_another_reader_met_in_the_wild_is_read(
    conformance_data: Path, path: str, encoding: str, words: str
) -> None:
    """Wrong labels, missing ones, and two Cyrillic encodings, each with the words that are in it."""
    decoded = decode((conformance_data / "feeds/miniflux/internal/reader" / path).read_bytes())
    assert decoded.encoding == encoding
    assert words in decoded.text
