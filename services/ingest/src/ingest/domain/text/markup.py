"""HTML as publishers write it, to sanitised HTML and to plain text that keeps its paragraphs."""

import html
import re
import unicodedata
from html.parser import HTMLParser

import nh3

from ingest.domain.parsing.entries import Markup
from ingest.domain.text.mending import after_sanitising, before_sanitising

MAX_RAW_CHARS = 512 * 1024
"""Longest HTML of one entry that is looked at; what lies beyond is cut."""

MAX_DEPTH = 400
"""Deepest nesting that is sanitised: the sanitiser's time grows with its square (13 s for 60,000 open `div`)."""

_TAGS = {
    *(
        "p",
        "br",
        "hr",
        "div",
        "section",
        "article",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "q",
        "pre",
    ),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("a", "abbr", "b", "cite", "code", "em", "i", "s", "small", "strong", "sub", "sup", "u", "time"),
    *("figure", "figcaption", "img"),
}
_DROPPED_WHOLE = {
    *("script", "style", "noscript", "template", "iframe", "object", "svg", "math", "textarea", "select"),
    *("title", "form", "button", "audio", "video", "canvas"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "width", "height"},
    "time": {"datetime"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_PARAGRAPHS = {
    *(
        "p",
        "div",
        "section",
        "article",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "ul",
        "ol",
        "dl",
    ),
    *("table", "figure", "figcaption", "caption", "hr"),
}
_LINES = {"br", "li", "tr", "dt", "dd"}
_CELLS = {"td", "th"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_TAG = re.compile(r"<[^<>]*>")
_CLOSED_BY_OTHERS = {
    *_CELLS,
    *_LINES,
    "p",
    "hr",
    "img",
    "option",
    "input",
    "col",
    "wbr",
    "source",
    "track",
    "embed",
}
_SPACES = re.compile(r"[ \t\r\f\v\n]+")
_SIDE_SPACES = re.compile(r"[ \t\r\f\v]+")
# With what turns the direction of writing: left open it turns the page after the article, too, and a title may hide in it.
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def sanitise(markup: Markup, base_url: str) -> str:
    """Return safe HTML: allowed tags only, links http, https or mailto, absolute, marked noopener and nofollow.

    Pictures that wait for a script are given their address; counters and calls to read on are taken out (mending.py).

    Args:
        markup: HTML or plain text, the latter escaped and put into paragraphs.
        base_url: what relative links refer to.
    """
    source = _CONTROLS.sub("", markup.value[:MAX_RAW_CHARS])
    if not markup.is_html:
        source = _plain_to_html(source)
    elif _depth(source) > MAX_DEPTH:
        source = html.escape(html.unescape(_ANY_TAG.sub(" ", source)), quote=False)
    else:
        source = before_sanitising(source)
    cleaned = nh3.clean(
        source,
        tags=_TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        url_relative=("rewrite_with_base", base_url),
    )
    return unicodedata.normalize("NFC", after_sanitising(cleaned))


def _plain_to_html(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "".join(f"<p>{html.escape(one, quote=False)}</p>" for one in paragraphs if one.strip())


def _depth(source: str) -> int:
    """Return how deep elements nest at most, counted per name so that stray end tags cannot hide it."""
    open_by_name: dict[str, int] = {}
    depth = deepest = 0
    for closing, raw_name in _TAG.findall(source):
        name = raw_name.lower()
        if name in _CLOSED_BY_OTHERS:
            continue
        count = open_by_name.get(name, 0)
        if not closing:
            open_by_name[name] = count + 1
            depth += 1
            deepest = max(deepest, depth)
        elif count:
            open_by_name[name] = count - 1
            depth -= 1
    return deepest


class _TextMaker(HTMLParser):
    """Collects the text of sanitised HTML, with newlines where blocks part."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in _LINES:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in _CELLS:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        self.pieces.append(_SPACES.sub(" ", data))


def plain_text(clean_html: str) -> str:
    """Return the text of sanitised HTML in NFC: paragraphs parted by an empty line, no-break spaces kept."""
    maker = _TextMaker()
    maker.feed(clean_html)
    maker.close()
    lines = [_SIDE_SPACES.sub(" ", line).strip(" ") for line in "".join(maker.pieces).split("\n")]
    joined = re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip("\n ")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", joined))


def one_line(markup: Markup | None, max_chars: int) -> str:
    """Return a title or a name: one line of plain text in NFC, tags and entities resolved."""
    if markup is None:
        return ""
    value = markup.value[: 8 * max_chars]
    if markup.is_html:
        value = plain_text(nh3.clean(value, tags=set(), clean_content_tags={"script", "style"}))
    line = _SPACES.sub(" ", _CONTROLS.sub("", value)).strip()
    return clip(unicodedata.normalize("NFC", line), max_chars)


def clip(text: str, max_chars: int) -> str:
    """Return the text, cut at a word with an ellipsis where it is longer than allowed."""
    if len(text) <= max_chars:
        return text
    head = text[: max_chars - 1]
    at = head.rfind(" ")
    return f"{head[:at] if at > max_chars // 2 else head}…"


def first_image(clean_html: str) -> str | None:
    """Return the address of the first picture in sanitised HTML."""
    match = re.search(r'<img\b[^>]*\ssrc="([^"]+)"', clean_html)
    return html.unescape(match[1]) if match else None
