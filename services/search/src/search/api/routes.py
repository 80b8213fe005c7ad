"""Search's API: `GET /v1/search` and `GET /v1/articles/{id}`."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as PathParameter
from fastapi import Query as Parameter

from search.api.answers import search_answer, whole_answer
from search.api.parameters import SearchParameters
from search.domain.article import Withdrawal
from search.ports import ArticleIndex, ArticleStore, IndexUnavailableError
from shared.contracts.http.articles import ArticleWhole, SearchAnswer
from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE, ProblemAnswer
from shared.web import HTTPProblem

RETRY_AFTER_S = 5


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how an operation documents the problems that it may answer with."""
    content: dict[str, Any] = {PROBLEM_MEDIA_TYPE: {}}
    return {status: {"model": ProblemAnswer, "content": content} for status in statuses}


def make_router(index: ArticleIndex, store: ArticleStore) -> APIRouter:
    """Return the routes, answered from an index and a store."""
    router = APIRouter(prefix="/v1", tags=["articles"])

    @router.get("/search", summary="Search articles", responses=problems(400, 422, 503))
    async def search(parameters: Annotated[SearchParameters, Parameter()]) -> SearchAnswer:
        """Answer a query with a page of articles, how many there are in all, and where the next ones begin."""
        ask = parameters.ask(parameters.query())
        try:
            found = await index.search(ask)
        except IndexUnavailableError as error:
            raise _unavailable() from error
        return search_answer(parameters, ask, found)

    @router.get("/articles/{article_id}", summary="One article", responses=problems(404, 410, 422, 503))
    async def article(
        article_id: Annotated[str, PathParameter(min_length=1, max_length=64)],
        excerpt_words: Annotated[
            int, Parameter(ge=0, le=500, description="Longest excerpt, in words.")
        ] = 500,
    ) -> ArticleWhole:
        """Return one article, as far as its source's rights allow."""
        try:
            known = await store.get(article_id)
        except IndexUnavailableError as error:
            raise _unavailable() from error
        if known is None:
            raise HTTPProblem(404, "unknown-article", "Unknown article", "There is no article with this id.")
        if isinstance(known, Withdrawal):
            raise HTTPProblem(
                410,
                "article-withdrawn",
                "Article withdrawn",
                "This article was withdrawn and its text erased.",
            )
        return whole_answer(known, excerpt_words)

    return router


def _unavailable() -> HTTPProblem:
    return HTTPProblem(
        503,
        "index-unavailable",
        "Search unavailable",
        "The articles cannot be searched at the moment.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )
