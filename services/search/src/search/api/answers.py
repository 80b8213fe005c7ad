"""Turns what was found into what is said over HTTP, within the rights of each article's source."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from search.api.parameters import SearchParameters
from search.domain.article import Article
from search.domain.excerpt import MOST_WORDS
from search.domain.facets import Facets
from search.domain.marking import marked
from search.domain.results import Ask, Found, Listed, encode_cursor, standing
from search.domain.revision import Revision
from search.domain.rights import may_show_whole, shown_excerpt
from search.domain.suggesting import MOST_TITLES
from search.ports import Told
from shared.contracts.http.articles import (
    ArticleEntry,
    ArticleWhole,
    FacetName,
    FacetValue,
    Highlights,
    QueryEcho,
    RelatedAnswer,
    Results,
    RevisionEntry,
    RevisionsAnswer,
    SearchAnswer,
    SourceName,
    StoryMember,
    StoryRef,
)
from shared.contracts.http.suggestions import SuggestAnswer, TitleSuggestion
from shared.query import Highlighter

_written: TypeAdapter[SearchAnswer] = TypeAdapter(SearchAnswer)
_written_entry: TypeAdapter[ArticleEntry] = TypeAdapter(ArticleEntry)
_written_story: TypeAdapter[StoryRef | None] = TypeAdapter(StoryRef | None)

_NO_ARTICLES = b'"articles":[]'
"""No string of JSON contains it: quotes in strings are escaped."""


def written_answer(parameters: SearchParameters, ask: Ask, found: Found) -> bytes:
    """Return the answer to a search as JSON."""
    # As bytes: by way of its response model FastAPI takes twice as long for it, by way of a text half more.
    frame = _written.dump_json(_frame(parameters, ask, found), by_alias=True)
    marking = Highlighter(ask.query) if parameters.highlights and ask.query.has_words else None
    entries = [_entry_in(parameters, one, marking, found.stories) for one in found.articles]
    before, _, behind = frame.partition(_NO_ARTICLES)
    return b'%b"articles":[%b]%b' % (before, b",".join(entries), behind)


def is_copied(parameters: SearchParameters, listed: Listed) -> bool:
    """Return whether what is said of an article is at hand, so that to say it costs next to nothing."""
    return listed.said is not None and parameters.excerpt_words >= MOST_WORDS and not parameters.highlights


def _entry_in(
    parameters: SearchParameters, listed: Listed, marking: Highlighter | None, sizes: Mapping[str, int]
) -> bytes:
    """Return what an answer says of an article, as JSON."""
    if (said := listed.said) is not None and is_copied(parameters, listed):
        return b'%b,"story":%b,"highlights":null}' % (said, _written_story.dump_json(_story(listed, sizes)))
    return _written_entry.dump_json(_entry(listed.article, parameters.excerpt_words, marking, sizes))


def _frame(parameters: SearchParameters, ask: Ask, found: Found) -> SearchAnswer:
    """Return the answer to a search but for its articles."""
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
        articles=[],
        facets=_facets(found.facets) if ask.facets else None,
        stale=found.as_of is not None,
        as_of=found.as_of,
    )


def whole_answer(article: Article, excerpt_words: int, story: Told) -> ArticleWhole:
    """Return one article: all of it where its source allows, else the excerpt or the title alone; and its story."""
    whole = may_show_whole(article)
    sizes = {} if article.story is None else {article.story: story.size}
    return ArticleWhole(
        **_entry_fields(article, sizes),
        **_excerpt_fields(article, excerpt_words),
        members=[_member(one) for one in story.articles] if story.size > 1 else [],
        rights=article.source.rights,
        text=article.body if whole else None,
        html=article.html if whole else None,
    )


def related_answer(
    articles: Sequence[Article], article_id: str, sizes: Mapping[str, int], page_size: int, excerpt_words: int
) -> RelatedAnswer:
    """Return articles like another one, without that one."""
    others = [one for one in articles if one.id != article_id][:page_size]
    return RelatedAnswer(articles=[_entry(one, excerpt_words, None, sizes) for one in others])


def revisions_answer(article: Article, revisions: Sequence[Revision]) -> RevisionsAnswer:
    """Return what is remembered of an article's revisions."""
    told = [RevisionEntry(rev=one.rev, at=one.at, changed=list(one.changed)) for one in revisions]
    return RevisionsAnswer(id=article.id, rev=article.rev, revisions=told)


def suggest_answer(q: str, completions: Sequence[str], articles: Sequence[Article]) -> SuggestAnswer:
    """Return how a query may go on."""
    titles = [
        TitleSuggestion(
            id=article.id, title=article.title, source=_source(article), published_at=article.published_at
        )
        for article in articles[:MOST_TITLES]
    ]
    return SuggestAnswer(q=q, completions=list(completions), titles=titles)


def _entry(
    article: Article, excerpt_words: int, marking: Highlighter | None, sizes: Mapping[str, int]
) -> ArticleEntry:
    fields = _entry_fields(article, sizes)
    if marking is None:
        return ArticleEntry(**fields, **_excerpt_fields(article, excerpt_words))
    shown = marked(marking, article, excerpt_words)
    return ArticleEntry(
        **fields,
        excerpt=shown.excerpt.text,
        truncated=shown.excerpt.truncated,
        highlights=Highlights(title=list(shown.title_spans), excerpt=list(shown.excerpt_spans)),
    )


def _excerpt_fields(article: Article, words: int) -> dict[str, Any]:
    shown = shown_excerpt(article, words)
    return {"excerpt": shown.text, "truncated": shown.truncated}


def _source(article: Article) -> SourceName:
    return SourceName(id=article.source.id, name=article.source.name, country=article.source.country)


def _entry_fields(article: Article, sizes: Mapping[str, int]) -> dict[str, Any]:
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
        "story": _story(article, sizes),
    }


def _facets(facets: Facets) -> dict[FacetName, list[FacetValue]]:
    return {
        name: [FacetValue(value=one.value, name=one.name, count=one.count) for one in values]
        for name, values in facets.items()
    }


def _story(listed: Listed, sizes: Mapping[str, int]) -> StoryRef | None:
    """Return the story an article tells with others; None while an index knows of none of them."""
    size = 0 if listed.story is None else sizes.get(listed.story, 0)
    if listed.story is None or size < 2:
        return None
    # Seen first; nothing is said of who published first.
    return StoryRef(id=listed.story, size=size, first_seen=listed.story == listed.id)


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
