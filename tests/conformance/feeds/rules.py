"""What we decided otherwise than other readers, each with its reason; a file that fits none of these rules fails."""

import re
from collections.abc import Sequence
from pathlib import Path

from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.entries import Markup
from tests.conformance.feeds import texts

SANITISED_LATER = "texts are taken as written; after our sanitiser a reader sees the same"
SANITISER_KEEPS_LESS = (
    "our sanitiser drops elements with all that is in them (iframe, object, script) where others unwrap them"
)
CDF = "CDF, which died in 2000, is not read"
EMPTY = "an empty document, or one without a feed in it, is a named failure, not an empty feed"
ENTITIES = "a document that declares entities beyond harmless characters is refused whole"
NO_MAIL = "a mail address is no name, and not ours to spread"
PICTURES_ONLY = "of what is enclosed or linked, the article's page and pictures are taken"
ONE_LANGUAGE = "an entry has one language: that of its text, else of its title"
NO_HEADER_LANGUAGE = "a Content-Language header is the server's default, not the feed's word"
NO_CONTENT_LOCATION = (
    "the address that answered is the base; Content-Location is none any more (RFC 9110, 8.7)"
)
IDS_AS_WRITTEN = "ids are kept as written (RFC 4287, 4.2.6): a feed that moves keeps its articles"
RELATIVE_BASES = "a relative xml:base within another relative one is related to the feed's address alone"
WRONG_END = "what is closed by another element's end tag is lost; its entry is kept"
NAKED_MARKUP = "elements within an id, a name or a category are not its text"
PICTURES_OF_TEXTS = "a picture within a text is found when the text is sanitised, not here"
ONE_PAGE = "an entry has one page: its first link"
PACKED = (
    "a compressed file is unpacked where it is fetched; handed over packed it is no feed, and is named so"
)
NO_FEED = "a file of the set that is no feed (OPML, a configuration, a piece of HTML, a note) is refused, and named so"
PAGE = "a page in place of a feed is refused, and named so, with the feed that it names"
LABELS = "a category is called as it is for people, by its label (RFC 4287, 4.2.2.3)"
LETTERS = "valid UTF-8 wins over any label, and letters over a label that cannot be true: no letter is lost"

_SINGLE_FILES = {
    "shiftjis.xml": "East Asian encodings without a label are not guessed: none of the region's feeds is written in them",
    "bozo_linenoise.xml": "bytes that are no text in any encoding: UTF-8 with its broken characters replaced, not Latin-1",
    "item_description_not_a_doctype.xml": "a broken comment ends at the first `>`, as HTML 5 has it",
    "xml_declaration_unexpected_character.xml": "a broken comment ends at the first `>`, as HTML 5 has it",
    "rss_channel_item_uri_at_protocol.xml": "feedparser takes an attribute `uri` of a link for its address; seen nowhere else",
    "feed_link_-_rss_channel_atom_link_alternate.xml": "a prefix that is not declared makes no Atom link",
    "xml_malicious_comment.xml": "a comment that is never closed takes the rest with it, as HTML 5 has it",
    "item_content_encoded_script_nested_cdata.xml": "CDATA within HTML is a comment that ends at the first `>`, as HTML 5 has it",
}
_WORDS = re.compile(rb"[^\s\xef\xbb\xbf]")
_FEED_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF|channel)[\s>]|jsonfeed\\?.org", re.IGNORECASE)
_MAIL = re.compile(r"\S+@\S+\.\w+")

_SUBJECTS = (
    (r"_parsed\b", "dates as numbers (our own reader of dates is tested apart)"),
    (r"\bencoding\b|CharacterEncoding", "the name of an encoding (see the encoding row)"),
    (r"itunes|psc_|podcast", "podcasts"),
    (r"where|georss|gml", "places on a map"),
    (r"headers|etag|modified\b.*locals|^modified$", "HTTP headers, which the fetcher reads"),
    (r"source\.", "the feed that an entry was copied from, beyond its authors"),
    (r"contributors|publisher|email|\.url$|\.href$|author_detail|authors|guidislink|scheme|label", "people and labels beyond names"),
    (r"^(not )?\(?feed\b", "texts of the whole feed beyond title, link and language"),
    (r"rights|license|copyright|comments|wfw|expired|thr_|links", "rights, comments and links beyond the article's"),
)  # fmt: skip


def single(file: Path) -> str:
    """Return why this very file differs; empty for most."""
    return _SINGLE_FILES.get(file.name, "")


def refusal(file: Path, error: UnreadableFeedError) -> str:
    """Return the rule by which a document is refused; empty for none."""
    if "cdf" in file.parts:
        return CDF
    if error.reason is Reason.UNSAFE_XML:
        return ENTITIES
    nothing = not _WORDS.search(re.sub(rb"<[^>]*>", b"", file.read_bytes()))
    return EMPTY if error.reason is Reason.EMPTY or nothing else ""


def difference(  # noqa: PLR0911  a list of rules
    file: Path, place: tuple[str | int, ...], ours: Sequence[Markup], value: object, base: str
) -> str:
    """Return the rule by which we find something else; empty for none.

    Args:
        file: the document.
        place: where something else is expected.
        ours: the texts that we find there.
        value: what is expected there.
        base: the document's address.
    """
    name = ".".join(str(step) for step in place if not isinstance(step, int))
    if single(file):
        return single(file)
    if "author" in name and isinstance(value, str) and _MAIL.search(value):
        return NO_MAIL
    if name.startswith(("entries.links", "entries.enclosures", "entries.media_content")):
        return PICTURES_ONLY
    if name == "entries.tags.term":
        return LABELS
    if name.endswith("language"):
        return NO_HEADER_LANGUAGE if file.name.startswith("http_content_language") else ONE_LANGUAGE
    if name in {"entries.id", "entries.guid"} and file.name.startswith("http_"):
        return IDS_AS_WRITTEN
    if file.name.startswith("headers_content_location"):
        return NO_CONTENT_LOCATION
    if name.endswith(".base") and file.name.startswith("http_relative_xml_base"):
        return RELATIVE_BASES
    if isinstance(value, str) and "sanitize" in file.parts and texts.sees_no_more(ours, value, base):
        return SANITISER_KEEPS_LESS
    return ""


def subject(name: str) -> str:
    """Return what an expectation is about, in a few words."""
    for pattern, words in _SUBJECTS:
        if re.search(pattern, name):
            return words
    return "other elements that we do not extract"


def gofeed_difference(file: Path, flaw: str | None, name: str, value: str) -> str:
    """Return the rule by which we find something else than gofeed; empty for none.

    Args:
        file: the document.
        flaw: what is broken in it.
        name: what is different, in our words.
        value: what gofeed finds.
    """
    if single(file):
        return single(file)
    if "mismatched tag" in (flaw or ""):
        return WRONG_END
    if name in {"id", "author", "topic"} and value.startswith("<"):
        return NAKED_MARKUP
    if name == "image":
        return PICTURES_OF_TEXTS
    return ONE_PAGE if name == "link" else ""


def no_feed(reason: Reason, body: bytes) -> str:
    """Return the rule by which a document of the sets without answers is refused; empty for none."""
    if body.startswith(b"\x1f\x8b"):
        return PACKED
    if reason is Reason.UNSAFE_XML:
        return ENTITIES
    if reason is Reason.HTML:
        return PAGE
    return "" if _FEED_ROOT.search(body) else NO_FEED
