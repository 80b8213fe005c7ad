"""An article's own page: when it is asked for, whether it is the article at all, and what it gives.

A page is asked for once for each state of its entry in the feed. What the feed said is remembered by a digest of its
own, beside those of the article's fields, which may be the page's: so an unchanged entry is known before anything is
fetched, and an article with the text of its page does not fall back to the feed's few lines.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

from ingest.domain.articles.decide import StoredItem, digests_of
from ingest.domain.articles.identity import canonical_url
from ingest.domain.articles.labels import author_names
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.page_state import PageState
from ingest.domain.dates.reading import ReadDate
from ingest.domain.parsing.entries import Markup
from ingest.domain.sources.source import Source
from ingest.domain.text.language import language_of
from ingest.domain.text.markup import plain_text, sanitise
from ingest.domain.text.mending import is_picture
from ingest.domain.text.page import Extracted
from ingest.domain.text.sizes import MAX_HTML_BYTES, MAX_TEXT_BYTES, cut_html, cut_text

ENOUGH_CHARS = 3000
"""A text of the feed as long as this is taken to be whole."""

_SHORTEST_CHARS = 200
_WALL_CHARS = 1500
_WALL = re.compile(
    r"(?:enable|turn on|requires?) (?:javascript|cookies)|включит\w* (?:javascript|cookies)|are you a (?:robot|human)"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human|checking your browser|access (?:to this page has been )?denied"
    r"|request rejected|subscribe to (?:continue|read|keep reading)|(?:only for|exclusive(?:ly)? (?:for|to)) subscribers"
    r"|already a subscriber|доступ\w* только (?:для )?(?:платн\w+ )?подписчик|оформите подписку|чтобы продолжить чтение"
    r"|вы не робот|докажите, что вы|проверка браузера|page not found|страница не найдена|404 not found",
    re.IGNORECASE,
)
_HEADLINE = re.compile(r"\A\s*<h1>.*?</h1>\s*", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{4,}")
_FEW_WORDS = 5
_MOST_WORDS = 60
_LEAST_SHARED = 0.3

Want = Literal["fetch", "no", "same"]


@dataclass(frozen=True, slots=True)
class PageReading:
    """What a page gives an entry.

    Attributes:
        candidate: the entry with the page's text; None where the feed's is as long, or there is a refusal.
        refusal: why the page is not the article.
    """

    candidate: Candidate | None = None
    refusal: str | None = None


def wanted(candidate: Candidate, stored: StoredItem | None, source: Source) -> Want:
    """Tell whether an entry's page is to be fetched; `same` where the feed says what it said and nothing is due."""
    if not source.full_text:
        return "no"
    if stored is None:
        return "no" if _looks_whole(candidate) else "fetch"
    if stored.withdrawn or stored.source_id != candidate.source_id:
        return "no"
    if stored.page is None:  # known from before its source asked for pages, or its feed's text was whole
        digests = digests_of(candidate)
        unchanged = {**digests, **stored.digests} == digests
        return "no" if unchanged or _looks_whole(candidate) else "fetch"
    if stored.page.feed != feed_digest(candidate):
        return "fetch"
    return "same" if stored.page.settled else "fetch"


def _looks_whole(candidate: Candidate) -> bool:
    return len(candidate.text) >= ENOUGH_CHARS


def feed_digest(candidate: Candidate) -> str:
    """Return one digest of all that the feed says about an article."""
    return sha256("".join(digests_of(candidate).values()).encode()).hexdigest()[:20]


def state_before(candidate: Candidate, stored: StoredItem | None) -> PageState:
    """Return what is remembered of the page; tries are forgotten where the feed says something else by now."""
    digest = feed_digest(candidate)
    known = stored.page if stored is not None else None
    if known is None or known.feed != digest:
        return PageState(digest, in_use=known is not None and known.in_use)
    return known


def refusal(candidate: Candidate, page: Extracted, answered: str) -> str | None:
    """Return why a page is not the article, None where it is: a wall, a front page, somebody else's text.

    Args:
        candidate: the entry as the feed has it.
        page: what was found in the page.
        answered: the address that answered, after redirects.
    """
    if len(page.text) < _SHORTEST_CHARS:
        return "too short"
    if urlsplit(answered).path in {"", "/"} and urlsplit(candidate.url).path not in {"", "/"}:
        return "led to the front page"
    if _WALL.search(page.title or "") or (len(page.text) < _WALL_CHARS and _WALL.search(page.text)):
        return "a wall"
    ours = _words(f"{candidate.title} {candidate.text or candidate.summary}"[:2000])
    if len(ours) >= _FEW_WORDS:
        theirs = set(_WORD.findall(f"{page.title or ''} {page.text}".casefold()))
        if sum(word in theirs for word in ours) < _LEAST_SHARED * len(ours):
            return "another text"
    return None


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(_WORD.findall(text.casefold())))[:_MOST_WORDS]


def with_page(candidate: Candidate, page: Extracted, address: str) -> Candidate | None:
    """Return the article with its page's text, None where the feed's is as long; what the feed names itself stays.

    Args:
        candidate: the entry as the feed has it.
        page: what was found in the page.
        address: the page's, which relative links refer to.
    """
    body = _HEADLINE.sub("", sanitise(Markup(page.html, is_html=True), address))
    html, html_cut = cut_html(body, MAX_HTML_BYTES)
    text, text_cut = cut_text(plain_text(html), MAX_TEXT_BYTES)
    if len(text) <= len(candidate.text):
        return None
    image = canonical_url(page.image, address) if page.image else None
    return replace(
        candidate,
        text=text,
        html=html,
        summary=candidate.summary or candidate.text,
        authors=candidate.authors or author_names(page.authors),
        image=candidate.image or (image if image is not None and is_picture(image) else None),
        language=language_of(
            f"{candidate.title}\n{text}", entry=None, source=candidate.language, feed=page.language
        ),
        published=candidate.published or _day(page.published_on),
        cut=html_cut or text_cut,
    )


def _day(written: str | None) -> ReadDate | None:
    try:
        return ReadDate(datetime.strptime(written or "", "%Y-%m-%d").replace(tzinfo=UTC), "day_only")
    except ValueError:
        return None
