"""An article as the index keeps it: what lists say of it by default, as JSON that an answer copies, and then the rest.

Most answers say the same of an article. To read it, cut its excerpt and write it again took a third of a millisecond for each
page of six, so that is done once, when it is indexed. The fields are those of `ArticleEntry`, in its order, up to the story,
which is found out afterwards; behind them stands what else is needed to say something else. A checksum stands before it all,
for what is copied unread must not be damaged.
"""

import struct
from dataclasses import dataclass

from isal.isal_zlib import crc32
from pydantic import TypeAdapter

from search.domain.article import Article, Certainty, Rights, Source
from search.domain.excerpt import MOST_WORDS
from search.domain.rights import shown_excerpt
from shared.contracts.base import Instant


@dataclass(frozen=True, slots=True)
class _Source:
    id: str
    name: str
    country: str | None


@dataclass(frozen=True, slots=True)
class _Stored:
    id: str
    rev: int
    title: str
    url: str
    source: _Source
    outlet: str
    authors: tuple[str, ...]
    published_at: Instant
    published_certainty: Certainty
    updated_at: Instant | None
    first_seen_at: Instant
    language: str | None
    topics: tuple[str, ...]
    image: str | None
    excerpt: str
    truncated: bool
    # From here on nothing is said by default.
    key: int
    story: str | None
    rights: Rights
    link: str | None
    unsaid: str
    """What follows the excerpt in the text's opening."""


@dataclass(frozen=True, slots=True)
class _Order:
    key: int
    story: str | None


_BEHIND = b',"key":'
"""No string of JSON contains it: quotes in strings are escaped."""

_MORE = "..."
_CHECKSUM = struct.Struct("<I")

_stored: TypeAdapter[_Stored] = TypeAdapter(_Stored)
_order: TypeAdapter[_Order] = TypeAdapter(_Order)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article of the index, read only as far as orders need it; see `search.domain.results.Listed`.

    Attributes:
        id: of the article.
        key: what it is ordered by.
        story: which story it tells with others.
        said: what lists say of it by default: a JSON object, open behind the last field before its story.
        raw: all that is stored of it, as JSON.
    """

    id: str
    key: int
    story: str | None
    said: bytes
    raw: bytes

    @property
    def article(self) -> Article:
        """The article, with what a list of results can show of it."""
        told = _stored.validate_json(self.raw)
        said = told.excerpt.removesuffix(_MORE) if told.truncated else told.excerpt
        return Article(
            id=told.id,
            rev=told.rev,
            key=told.key,
            source=Source(told.source.id, told.source.name, told.source.country, told.link, told.rights),
            outlet=told.outlet,
            url=told.url,
            title=told.title,
            text=said + told.unsaid,
            html="",
            summary="",
            authors=told.authors,
            language=told.language,
            topics=told.topics,
            image=told.image,
            published_at=told.published_at,
            published_certainty=told.published_certainty,
            updated_at=told.updated_at,
            first_seen_at=told.first_seen_at,
            story=told.story,
        )


def stored(listed: Article) -> bytes:
    """Return what the index keeps of an article, as `Article.listed` returns it; times to the millisecond."""
    shown = shown_excerpt(listed, MOST_WORDS)
    said = shown.text.removesuffix(_MORE) if shown.truncated else shown.text
    raw = _stored.dump_json(
        _Stored(
            id=listed.id,
            rev=listed.rev,
            title=listed.title,
            url=listed.url,
            source=_Source(listed.source.id, listed.source.name, listed.source.country),
            outlet=listed.outlet,
            authors=listed.authors,
            published_at=listed.published_at,
            published_certainty=listed.published_certainty,
            updated_at=listed.updated_at,
            first_seen_at=listed.first_seen_at,
            language=listed.language,
            topics=listed.topics,
            image=listed.image,
            excerpt=shown.text,
            truncated=shown.truncated,
            key=listed.key,
            story=listed.story,
            rights=listed.source.rights,
            link=listed.source.link,
            unsaid=listed.text[len(said) :],
        )
    )
    return _CHECKSUM.pack(crc32(raw)) + raw


def read_stored(article_id: str, kept: bytes) -> StoredArticle:
    """Return an article of the index by what it keeps of it.

    Raises:
        ValueError: that is damaged.
    """
    raw = kept[_CHECKSUM.size :]
    if kept[: _CHECKSUM.size] != _CHECKSUM.pack(crc32(raw)):
        raise ValueError("a stored article is damaged")
    behind = raw.rindex(_BEHIND)
    order = _order.validate_json(b"{" + raw[behind + 1 :])
    return StoredArticle(article_id, order.key, order.story, raw[:behind], raw)
