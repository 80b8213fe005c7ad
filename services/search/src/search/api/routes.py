"""Search's API: `GET /v1/search`, `/v1/suggest`, and `/v1/articles/{id}` with what belongs to it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Response
from fastapi import Path as PathParameter
from fastapi import Query as Parameter

from search.api.answers import (
    is_copied,
    related_answer,
    revisions_answer,
    suggest_answer,
    whole_answer,
    written_answer,
)
from search.api.parameters import LONGEST_QUERY, SearchParameters
from search.api.problems import problems, told
from search.api.reading import SearchRoute
from search.domain.article import Article, Withdrawal
from search.domain.related import question_like
from search.domain.results import Ask, Found
from search.domain.suggesting import READ, completions, typed
from search.ports import ArticleIndex, ArticleStore, RevisionStore
from shared.clock import Clock
from shared.contracts.http.articles import ArticleWhole, RelatedAnswer, RevisionsAnswer, SearchAnswer
from shared.contracts.http.suggestions import SuggestAnswer
from shared.web import HTTPProblem

MOST_RELATED = 20

MOST_ON_THE_LOOP = 20
"""Articles whose excerpts are cut on the loop that answers everybody: a hundred long ones take 7 ms."""

MOST_MARKED_ON_THE_LOOP = 6
"""Articles that are marked there too, as many as a page has by itself: a hundred take 10 to 60 ms."""

Value = TypeVar("Value")

ArticleId = Annotated[str, PathParameter(min_length=1, max_length=64)]
ExcerptWords = Annotated[int, Parameter(ge=0, le=500, description="Longest excerpt, in words.")]


class KnownArticles(ArticleStore, RevisionStore, Protocol):
    """Articles and their revisions."""


class Aside(Protocol):
    """Works out what takes long, away from the loop that answers everybody."""

    def __call__(self, work: Callable[..., Value], /, *arguments: Any) -> Awaitable[Value]:
        """Return what a function of a module returns for some arguments.

        Raises:
            IndexBusyError: too much is asked at once, or this takes too long.
        """
        ...


def make_router(
    index: ArticleIndex, store: KnownArticles, clock: Clock, aside: Aside = asyncio.to_thread
) -> APIRouter:
    """Return the routes.

    Args:
        index: what searches are answered from.
        store: what articles are answered from.
        clock: age counts from its now.
        aside: works out what takes long.
    """
    router = APIRouter(prefix="/v1", tags=["articles"])

    async def search(parameters: Annotated[SearchParameters, Parameter()]) -> Response:
        """Answer a query with a page of articles, how many there are in all, and where the next ones begin."""
        ask = parameters.ask(parameters.query(), clock.now())
        with told():
            found = await index.search(ask)
            if _is_long(parameters, found):
                content = await aside(written_answer, parameters, ask, found)
            else:
                content = written_answer(parameters, ask, found)
        return Response(content, media_type="application/json")

    router.add_api_route(
        "/search",
        search,
        methods=["GET"],
        response_model=SearchAnswer,
        summary="Search articles",
        responses=problems(400, 422, 503),
        route_class_override=SearchRoute,
    )

    @router.get("/suggest", summary="Suggest how a query may go on", responses=problems(422, 503))
    async def suggest(q: Annotated[str, Parameter(max_length=LONGEST_QUERY)] = "") -> SuggestAnswer:
        """Return completions of the last word, and titles that have it."""
        wanted = typed(q)
        if wanted is None:
            return suggest_answer(q, (), ())
        with told():
            found = await index.search(Ask(wanted.query, "newest", READ))
        articles = await asyncio.to_thread(_read, found)
        return suggest_answer(q, completions(wanted.form, (one.title for one in articles)), articles)

    @router.get("/articles/{article_id}", summary="One article", responses=problems(404, 410, 422, 503))
    async def article(article_id: ArticleId, excerpt_words: ExcerptWords = 500) -> ArticleWhole:
        """Return one article, as far as its source's rights allow, and the others that tell its story."""
        known = await _known(store, article_id)
        with told():
            return whole_answer(known, excerpt_words, await store.telling(known.story))

    @router.get(
        "/articles/{article_id}/related", summary="Articles like one", responses=problems(404, 410, 422, 503)
    )
    async def related(
        article_id: ArticleId,
        page_size: Annotated[int, Parameter(ge=1, le=MOST_RELATED, description="Articles at most.")] = 6,
        excerpt_words: ExcerptWords = 500,
    ) -> RelatedAnswer:
        """Return articles that share the most telling words with one, the most alike first."""
        known = await _known(store, article_id)
        with told():
            query = await aside(question_like, known)
        if query is None:
            return RelatedAnswer(articles=[])
        with told():
            found = await index.search(Ask(query, "relevance", page_size + 1, fresh_at=clock.now()))
        return related_answer(
            await asyncio.to_thread(_read, found), article_id, found.stories, page_size, excerpt_words
        )

    @router.get(
        "/articles/{article_id}/revisions",
        summary="When an article changed",
        responses=problems(404, 410, 422, 503),
    )
    async def revisions(article_id: ArticleId) -> RevisionsAnswer:
        """Return when each revision of an article was seen, and which fields it changed."""
        known = await _known(store, article_id)
        with told():
            return revisions_answer(known, await store.revisions(article_id))

    return router


def _read(found: Found) -> list[Article]:
    """Return what was found as articles; to read fifty takes a millisecond or more."""
    return [one.article for one in found.articles]


def _is_long(parameters: SearchParameters, found: Found) -> bool:
    most = MOST_MARKED_ON_THE_LOOP if parameters.highlights else MOST_ON_THE_LOOP
    return sum(not is_copied(parameters, one) for one in found.articles) > most


async def _known(store: ArticleStore, article_id: str) -> Article:
    """Return a live article.

    Raises:
        HTTPProblem: 404 where there is none, 410 when it was withdrawn, 503 when the store does not answer.
    """
    with told():
        known = await store.get(article_id)
    if known is None:
        raise HTTPProblem(404, "unknown-article", "Unknown article", "There is no article with this id.")
    if isinstance(known, Withdrawal):
        raise HTTPProblem(
            410, "article-withdrawn", "Article withdrawn", "This article was withdrawn and its text erased."
        )
    return known
