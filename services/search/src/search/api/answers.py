"""Turns what was found into what is said over HTTP, within the rights of each article's source."""

from collections.abc import Mapping
from typing import Any

from search.api.parameters import SearchParameters
from search.domain.article import Article
from search.domain.results import Ask, Found, encode_cursor, standing
from search.domain.rights import may_show_whole, shown_excerpt
from search.ports import Told
from shared.contracts.http.articles import (
    ArticleEntry,
    ArticleWhole,
    QueryEcho,
    Results,
    SearchAnswer,
    SourceName,
    StoryMember,
    StoryRef,
)


def search_answer(parameters: SearchParameters, ask: Ask, found: Found) -> SearchAnswer:
    """Return the answer to a search."""
    place = standing(ask, found)
    return SearchAnswer(
        query=QueryEcho(q=parameters.q, read_as=ask.query.read_as, filters=parameters.echoed_filters()),
        results=Results(
            from_=place.first,
            to=place.last,
            total=found.total,
            text=place.text,
            page=place.page,
            page_size=ask.limit,
            pages=place.pages,
            next_cursor=None if found.next is None else encode_cursor(found.next),
        ),
        articles=[
            ArticleEntry(**_entry_fields(article, parameters.excerpt_words, found.stories))
            for article in found.articles
        ],
    )


def whole_answer(article: Article, excerpt_words: int, told: Told) -> ArticleWhole:
    """Return one article: all of it where its source allows, else the excerpt or the title alone; and its story."""
    whole = may_show_whole(article)
    sizes = {} if article.story is None else {article.story: told.size}
    members = [_member(one) for one in told.articles] if told.size > 1 else []
    return ArticleWhole(
        **_entry_fields(article, excerpt_words, sizes),
        members=members,
        rights=article.source.rights,
        text=article.body if whole else None,
        html=article.html if whole else None,
    )


def _entry_fields(article: Article, excerpt_words: int, sizes: Mapping[str, int]) -> dict[str, Any]:
    shown = shown_excerpt(article, excerpt_words)
    return {
        "id": article.id,
        "rev": article.rev,
        "title": article.title,
        "url": article.url,
        "source": _source(article),
        "outlet": article.outlet,
        "authors": list(article.authors),
        "published_at": article.published_at,
        "published_certainty": article.published_certainty,
        "updated_at": article.updated_at,
        "first_seen_at": article.first_seen_at,
        "language": article.language,
        "topics": list(article.topics),
        "image": article.image,
        "excerpt": shown.text,
        "truncated": shown.truncated,
        "story": _story(article, sizes),
    }


def _source(article: Article) -> SourceName:
    return SourceName(id=article.source.id, name=article.source.name, country=article.source.country)


def _story(article: Article, sizes: Mapping[str, int]) -> StoryRef | None:
    """Return the story an article tells with others; None while an index knows of none of them."""
    size = 0 if article.story is None else sizes.get(article.story, 0)
    if article.story is None or size < 2:
        return None
    return StoryRef(id=article.story, size=size, first_seen=article.first_seen)


def _member(article: Article) -> StoryMember:
    return StoryMember(
        id=article.id,
        title=article.title,
        url=article.url,
        source=_source(article),
        outlet=article.outlet,
        published_at=article.published_at,
        published_certainty=article.published_certainty,
        first_seen_at=article.first_seen_at,
        first_seen=article.first_seen,
        language=article.language,
    )
