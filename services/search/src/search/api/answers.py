"""Turns what was found into what is said over HTTP, within the rights of each article's source."""

from typing import Any

from search.api.parameters import SearchParameters
from search.domain.article import Article
from search.domain.results import Ask, Found, encode_cursor, standing
from search.domain.rights import may_show_whole, shown_excerpt
from shared.contracts.http.articles import (
    ArticleEntry,
    ArticleWhole,
    QueryEcho,
    Results,
    SearchAnswer,
    SourceName,
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
            ArticleEntry(**_entry_fields(article, parameters.excerpt_words)) for article in found.articles
        ],
        stale=found.as_of is not None,
        as_of=found.as_of,
    )


def whole_answer(article: Article, excerpt_words: int) -> ArticleWhole:
    """Return one article: all of it where its source allows, else the excerpt or the title alone."""
    whole = may_show_whole(article)
    return ArticleWhole(
        **_entry_fields(article, excerpt_words),
        rights=article.source.rights,
        text=article.body if whole else None,
        html=article.html if whole else None,
    )


def _entry_fields(article: Article, excerpt_words: int) -> dict[str, Any]:
    shown = shown_excerpt(article, excerpt_words)
    return {
        "id": article.id,
        "rev": article.rev,
        "title": article.title,
        "url": article.url,
        "source": SourceName(id=article.source.id, name=article.source.name, country=article.source.country),
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
    }
