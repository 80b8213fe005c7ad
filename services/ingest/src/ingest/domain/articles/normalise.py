"""One entry of a feed to a candidate article: address, identity, title, texts, language, date; or why it cannot be one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from ingest.domain.articles import identity
from ingest.domain.articles.keys import Key, Name, ambiguous, grouped, keys_of
from ingest.domain.articles.labels import author_names, topic_names
from ingest.domain.dates.feed_dates import FeedDates
from ingest.domain.dates.reading import ReadDate
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from ingest.domain.sources.source import Source
from ingest.domain.text.language import language_of
from ingest.domain.text.markup import MAX_RAW_CHARS, clip, first_image, one_line, plain_text, sanitise
from ingest.domain.text.mending import as_meant, is_picture
from ingest.domain.text.sizes import MAX_HTML_BYTES, MAX_SUMMARY_BYTES, MAX_TEXT_BYTES, cut_html, cut_text

MAX_ENTRIES = 1000
"""Entries taken from one answer, in the feed's order."""

_MAX_TITLE_CHARS = 500
_TITLE_FROM_TEXT_CHARS = 100
_SUFFIX = re.compile(r"\.[a-z]{1,5}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that can be an article, ready to be compared with what is stored.

    Attributes:
        id: the article's id, if it was never seen under another.
        keys: by what it may be known; the first one gives the id.
        published: the publication time as read, None where there is none.
        updated: the time of the last change as read.
        printed: the publication time as it stands in the feed; what is learnt about a clock does not change it.
        cut: True when text or html was too long for an event.
    """

    id: str
    keys: tuple[Key, ...]
    source_id: str
    outlet: str
    url: str
    title: str
    text: str
    html: str
    summary: str
    authors: tuple[str, ...]
    topics: tuple[str, ...]
    image: str | None
    language: str | None
    published: ReadDate | None
    updated: ReadDate | None
    printed: str
    cut: bool


class UnusableEntryError(Exception):
    """An entry cannot be an article; the others of its feed can."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Normalised:
    """What a feed came to.

    Attributes:
        candidates: one for each article, in the feed's order.
        unusable: why entries were left out, one reason each.
        repeated: entries that say the same article again.
        beyond_limit: entries that were not looked at.
    """

    candidates: tuple[Candidate, ...]
    unusable: tuple[str, ...]
    repeated: int
    beyond_limit: int


def normalise_feed(feed: RawFeed, source: Source, feed_url: str, bias: timedelta = timedelta()) -> Normalised:
    """Make candidates of a feed's entries; one bad entry never stops the others.

    Args:
        feed: as parsed.
        source: where it came from.
        feed_url: the address that answered, which relative links refer to.
        bias: how far ahead of time the source's clock is known to be.
    """
    entries = feed.entries[:MAX_ENTRIES]
    dates = FeedDates.of([one.published or one.updated for one in entries], source, bias)
    found: list[tuple[str | None, Candidate]] = []
    unusable: list[str] = []
    for entry in entries:
        try:
            found.append((entry.guid, _normalise(entry, feed, source, feed_url, dates)))
        except UnusableEntryError as error:
            unusable.append(error.reason)
        except MemoryError:  # the process that reads has a limit; what is lost is the document
            raise
        except Exception as error:  # noqa: BLE001  an entry that we trip over must not stop the others
            unusable.append(f"internal error {type(error).__name__}")
    candidates = one_of_each(_named(found))
    return Normalised(
        candidates=candidates,
        unusable=tuple(unusable),
        repeated=len(found) - len(candidates),
        beyond_limit=feed.left_out + len(feed.entries) - len(entries),
    )


def _named(found: Sequence[tuple[str | None, Candidate]]) -> list[Candidate]:
    """Give every candidate of a feed its keys, which only all of them together tell."""
    names = [Name(guid, one.url, one.title, one.printed) for guid, one in found]
    unsure = ambiguous(names)
    named = []
    for name, (_, one) in zip(names, found, strict=True):
        keys = keys_of(one.outlet, one.source_id, name, unsure)
        named.append(replace(one, id=keys[0].id, keys=keys))
    return named


def one_of_each(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return one candidate for each article, whatever the order of the entries: of several the one changed last."""
    kept = []
    for group in grouped([one.keys for one in candidates]):
        head, *others = sorted((candidates[at] for at in group), key=_freshness, reverse=True)
        keys = (*head.keys, *(key for other in others for key in other.keys))
        kept.append(replace(head, keys=tuple(dict.fromkeys(keys))))
    return tuple(kept)


def _freshness(one: Candidate) -> tuple[float, float, int, str, str]:
    updated, published = one.updated or one.published, one.published
    return (
        updated.at.timestamp() if updated is not None else 0.0,
        published.at.timestamp() if published is not None else 0.0,
        len(one.text),
        one.title,
        one.url,
    )


def _normalise(entry: RawEntry, feed: RawFeed, source: Source, feed_url: str, dates: FeedDates) -> Candidate:
    """Return a candidate without its keys."""
    url = _url_of(entry, feed_url)
    html, text, cut = _within_limits(_body_of(entry, url))
    summary = _summary_of(entry, url)
    if entry.summary is not None and len(summary) > len(text):
        picture = "" if text else html  # a body of nothing else stays with the words
        html, text, cut = _within_limits(picture + _sanitised(entry.summary, url))
    title = one_line(entry.title, _MAX_TITLE_CHARS)
    if not title and (text or summary):
        title = _title_of_untitled(text or summary, url, source)
    if not title:
        raise UnusableEntryError("no title and no text")
    published, updated = dates.read(entry.published), dates.read(entry.updated)
    return Candidate(
        id="",
        keys=(),
        source_id=source.id,
        outlet=source.outlet,
        url=url,
        title=title,
        text=text,
        html=html,
        summary="" if summary == text else summary,
        authors=author_names(entry.authors),
        topics=topic_names(entry.topics),
        image=_image_of(entry, html, url),
        language=language_of(
            f"{title}\n{text or summary}", entry=entry.language, source=source.language, feed=feed.language
        ),
        published=published or updated,
        updated=updated,
        printed=(entry.published or entry.updated or "").strip(),
        cut=cut or any(len(one.value) > MAX_RAW_CHARS for one in entry.contents),
    )


def _title_of_untitled(text: str, url: str, source: Source) -> str:
    """Return the text's first words; where no text may be shown, the words of the address, or its host."""
    if source.rights != "title":
        return clip(" ".join(text.split()), _TITLE_FROM_TEXT_CHARS)
    parts = urlsplit(url)
    last = unquote(parts.path).rstrip("/").rsplit("/", 1)[-1]
    words = _SUFFIX.sub("", last).replace("-", " ").replace("_", " ")
    line = one_line(Markup(words, is_html=False), _TITLE_FROM_TEXT_CHARS)
    return line if any(character.isalpha() for character in line) else parts.hostname or source.name


def _url_of(entry: RawEntry, feed_url: str) -> str:
    if entry.link:
        url = identity.canonical_url(entry.link, feed_url)
        if url is not None:
            return url
    if entry.guid and entry.guid.strip().lower().startswith(("http://", "https://")):
        url = identity.canonical_url(entry.guid)
        if url is not None:
            return url
    raise UnusableEntryError("link is no web address" if entry.link else "no link")


def _body_of(entry: RawEntry, url: str) -> str:
    """Return the longest body, sanitised."""
    bodies = [one for one in entry.contents if one.value.strip()]
    return _sanitised(max(bodies, key=lambda one: len(one.value)), url) if bodies else ""


def _within_limits(body: str) -> tuple[str, str, bool]:
    """Return a body's HTML and its text, small enough for an event, and whether anything was cut for that."""
    html, html_cut = cut_html(body, MAX_HTML_BYTES)
    text, text_cut = cut_text(plain_text(html), MAX_TEXT_BYTES)
    return html, text, html_cut or text_cut


def _sanitised(markup: Markup, url: str) -> str:
    """Sanitise a text; where the base that its feed gives is no address, its links refer to the entry's page."""
    if markup.is_html:
        markup = replace(markup, value=as_meant(markup.value))
    try:
        return sanitise(markup, markup.base or url)
    except ValueError:
        if markup.base is None:
            raise
        return sanitise(markup, url)


def _summary_of(entry: RawEntry, url: str) -> str:
    if entry.summary is None:
        return ""
    return cut_text(plain_text(_sanitised(entry.summary, url)), MAX_SUMMARY_BYTES)[0]


def _image_of(entry: RawEntry, html: str, url: str) -> str | None:
    for image in (*entry.images, first_image(html)):
        absolute = identity.canonical_url(image, url) if image else None
        if absolute is not None and is_picture(absolute):
            return absolute
    return None
