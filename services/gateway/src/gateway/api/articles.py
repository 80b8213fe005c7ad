"""One article: `/api/v1/articles/{article_id}`, with `/related` and `/revisions`."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from gateway.api.answers import as_json, value_of
from gateway.api.examples import answer, problems
from gateway.api.parts import Parts
from gateway.domain.question import EXCERPT_WORDS, PAGE_SIZE
from gateway.ports import Search
from shared.contracts.http.articles import ArticleWhole, RelatedAnswer, RevisionsAnswer
from shared.web import HTTPProblem

_PROBLEMS = problems("unknown-article", "article-withdrawn", "search-away")

RELATED_MAX = 20

_ID = re.compile(r"[A-Za-z0-9]{1,64}")

ArticleId = Annotated[str, Path(description="The article's id, as given in the feed.")]


def checked(article_id: str) -> str:
    """Return an article's id that can be one.

    Raises:
        HTTPProblem: 404 where it cannot.
    """
    if not _ID.fullmatch(article_id):
        raise HTTPProblem(404, "unknown-article", "Unknown article", "There is no article with this id.")
    return article_id


async def article_of(search: Search, article_id: str) -> ArticleWhole:
    """Return an article.

    Raises:
        HTTPProblem: 404 where there is none, 410 when it was withdrawn, 503 when search is away.
    """
    return value_of(await search.article(checked(article_id)))


def router(parts: Parts) -> APIRouter:
    """Return the routes of single articles."""
    routes = APIRouter(tags=["articles"])

    @routes.get(
        "/api/v1/articles/{article_id}",
        response_model=ArticleWhole,
        summary="One article",
        responses={**answer("article"), **_PROBLEMS},
    )
    async def get_article(article_id: ArticleId) -> Response:
        """One article, as far as its source's rights allow; 410 once it was withdrawn."""
        return as_json(await article_of(parts.search, article_id))

    @routes.get(
        "/api/v1/articles/{article_id}/related",
        response_model=RelatedAnswer,
        summary="Articles like one",
        responses={**answer("related"), **_PROBLEMS, **problems("invalid-parameter")},
    )
    async def get_related(
        article_id: ArticleId,
        page_size: Annotated[int, Query(ge=1, le=RELATED_MAX, description="Articles at most.")] = PAGE_SIZE,
        excerpt_words: Annotated[
            int, Query(ge=0, le=EXCERPT_WORDS, description="Words of each article's excerpt.")
        ] = EXCERPT_WORDS,
    ) -> Response:
        """Articles that share the most telling words with one, the most alike first."""
        return as_json(value_of(await parts.search.related(checked(article_id), page_size, excerpt_words)))

    @routes.get(
        "/api/v1/articles/{article_id}/revisions",
        response_model=RevisionsAnswer,
        summary="When an article changed",
        responses={**answer("revisions"), **_PROBLEMS},
    )
    async def get_revisions(article_id: ArticleId) -> Response:
        """When each revision of an article was seen and which fields it changed, newest first."""
        return as_json(value_of(await parts.search.revisions(checked(article_id))))

    return routes
